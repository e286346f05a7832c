package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.wal.ModelStory.Operation;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.LongFunction;
import java.util.logging.Level;
import java.util.logging.Logger;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.RandomGenerator;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * A log is a list: whatever is done to both, they hold the same, except that a power cut may take the end of what was not durable. A
 * story that fails is printed with its seed, shrunk to few steps. {@code -Dvarve.seeds=N} tells N stories, {@code -Dvarve.model.seed=S}
 * begins with a certain one.
 */
class ModelTest {
    private static final int STORIES = Integer.getInteger("varve.seeds", Boolean.getBoolean("varve.torture") ? 20_000 : 300);
    private static final int LENGTH_USUAL = 20_000;
    private static final int STEPS_MAX = 60;
    private static final int GENERATION_SIZE = 1000;
    private static final int STORIES_FOR_THE_CANARY = 200;
    private static final int MANY_STEPS = 20;
    private static final int FEW_STEPS = 4;
    private static final int SHRINK_MAX = 5000;
    private static final long SEED = Long.getLong("varve.model.seed", System.nanoTime());
    private static final Logger LOGGER = Logger.getLogger("dev.varve");

    @BeforeContainer
    static void tellNothingOfHundredsOfRecoveries() {
        LOGGER.setLevel(Level.OFF);
    }

    @AfterContainer
    static void tellAgain() {
        LOGGER.setLevel(null);
    }

    private static Arbitrary<Operation> operations() {
        Arbitrary<Integer> small = Arbitraries.integers().between(0, 400);
        Arbitrary<Integer> index = Arbitraries.integers().between(0, 1000);
        Arbitrary<AckLevel> levels = Arbitraries.of(AckLevel.class);
        return Arbitraries.frequencyOf(
            Tuple.of(5, Combinators.combine(small, levels).as(Operation.Append::new)),
            Tuple.of(2, Combinators.combine(Arbitraries.integers().between(0, LENGTH_USUAL), levels).as(Operation.Append::new)),
            Tuple.of(1, Combinators.combine(Arbitraries.integers().between(0, ModelStory.LENGTH_MAX), levels).as(Operation.Append::new)),
            Tuple.of(2, small.list().ofMinSize(1).ofMaxSize(8).map(Operation.AppendTogether::new)),
            Tuple.of(2, Combinators.combine(Arbitraries.integers().between(0, ModelStory.LENGTH_MAX), Arbitraries.of(true, true, false))
                .as(Operation.Claimed::new)),
            Tuple.of(3, Combinators.combine(index, Arbitraries.integers().between(-30, 30)).as(Operation.Read::new)),
            Tuple.of(1, index.map(Operation.Truncate::new)),
            Tuple.of(2, Arbitraries.just(new Operation.Drain())),
            Tuple.of(1, Arbitraries.just(new Operation.Reopen())),
            Tuple.of(1, Arbitraries.just(new Operation.Crash())));
    }

    private static RandomGenerator<List<Operation>> stories() {
        return operations().list().ofMinSize(1).ofMaxSize(STEPS_MAX).generator(GENERATION_SIZE);
    }

    @Example
    void itHoldsWhatAListHolds() {
        System.out.println("stories: " + STORIES + ", varve.model.seed=" + SEED);
        RandomGenerator<List<Operation>> stories = stories();
        for (long seed = SEED; seed < SEED + STORIES; seed++) {
            Shrinkable<List<Operation>> story = stories.next(new Random(seed));
            Teller teller = new Teller(seed, ModelStory::new);
            Throwable failure = teller.failure(story.value());
            if (failure != null) {
                List<Operation> shortest = shrunk(story, teller);
                throw new AssertionError("varve.model.seed=" + seed + ", it shrinks to " + shortest, teller.failure(shortest));
            }
        }
    }

    /** The canary: a list that gives up every record below an LSN, not only those of whole segments. Two records show the difference. */
    @Example
    void aWrongModelIsCaughtByAStoryThatShrinksToAFewSteps() {
        Teller teller = new Teller(1, seed -> new ModelStory(seed) {
            @Override
            int givenUpBelow(long lsn, int ofWholeSegments) {
                return (int) list().stream().filter(held -> held.lsn() < lsn).count();
            }
        });
        RandomGenerator<List<Operation>> stories = stories();
        Random random = new Random(1);
        Shrinkable<List<Operation>> caught = null;
        for (int i = 0; i < STORIES_FOR_THE_CANARY && caught == null; i++) {
            Shrinkable<List<Operation>> story = stories.next(random);
            caught = story.value().size() > MANY_STEPS && teller.failure(story.value()) != null ? story : null;
        }
        assertThat(caught).as("it is caught").isNotNull();
        List<Operation> shortest = shrunk(caught, teller);
        System.out.println("a story of " + caught.value().size() + " steps shrinks to " + shortest);
        assertThat(shortest).hasSizeLessThanOrEqualTo(FEW_STEPS).hasAtLeastOneElementOfType(Operation.Truncate.class);
        assertThat(new Teller(1, ModelStory::new).failure(shortest)).as("the right model has nothing to say").isNull();
    }

    /** Tells stories to a model. */
    private record Teller(long seed, LongFunction<ModelStory> model) {
        /** What is wrong; null if nothing is. */
        Throwable failure(List<Operation> story) {
            try {
                ModelStory told = model.apply(seed);
                story.forEach(told::tell);
                told.end();
                return null;
            } catch (RuntimeException | AssertionError e) {
                return e;
            }
        }
    }

    /** The shortest story found that still fails: one step simpler after the other, as long as one can be had. */
    private static List<Operation> shrunk(Shrinkable<List<Operation>> story, Teller teller) {
        Shrinkable<List<Operation>> shortest = story;
        int[] told = new int[1];
        for (Optional<Shrinkable<List<Operation>>> simpler = Optional.of(story); simpler.isPresent();) {
            shortest = simpler.get();
            simpler = shortest.shrink().limit(SHRINK_MAX)
                .filter(candidate -> told[0]++ < SHRINK_MAX && teller.failure(candidate.value()) != null).findFirst();
        }
        return shortest.value();
    }
}

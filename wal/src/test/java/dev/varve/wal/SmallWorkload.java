package dev.varve.wal;

import dev.varve.engine.io.Errno;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import java.util.function.Consumer;

/**
 * What happens to a log in one corner of its protocol, in few steps, at each of which the power will be cut. What prepares it is not cut.
 *
 * <p>Truncation and recycling have their place here once a log can do that.
 */
enum SmallWorkload {
    /** Of an empty directory a log is made. */
    CREATE(25, story -> { }, SmallStory::open),
    /** One record, alone. */
    FIRST_APPEND(70, SmallStory::open, story -> {
        story.append(100);
        story.log().drain();
    }),
    /** Four batches in flight at once, whose writes complete in every order. */
    GROUP_COMMIT(1200, 24, story -> {
        story.open();
        story.append(100);
        story.log().drain();
    }, story -> {
        story.burst(4);
        story.log().drain();
    }),
    /** A segment is full, the next one begins. */
    ROLL(400, story -> {
        story.open();
        fillSegment(story);
    }, story -> {
        story.append(SmallStory.LARGE);
        story.log().drain();
    }),
    /** Nothing happens for a while: the manifest says so. */
    IDLE_ANCHOR(40, story -> {
        story.open();
        story.append(100);
        story.log().drain();
    }, story -> {
        story.log().idle(60_000_000);
        story.append(100);
        story.log().drain();
    }),
    /** The log is closed while a record is on its way. */
    CLEAN_CLOSE(6, story -> {
        story.open();
        story.append(100);
    }, story -> story.log().close()),
    /** A closed log is opened and goes on in the same segment. */
    REOPEN(150, story -> {
        story.open();
        story.append(100);
        story.log().drain();
        story.log().close();
    }, story -> {
        story.open();
        story.append(100);
        story.log().drain();
    }),
    /** After a power cut with batches in flight the log is recovered and goes on. */
    RECOVER(80, story -> {
        story.open();
        story.append(100);
        story.log().drain();
        story.burst(3);
        story.disk().crash();
    }, story -> {
        story.open();
        story.append(100);
        story.log().drain();
    }),
    /** The disk is full when a segment is; then it is not any more. */
    NO_SPACE_ON_ROLL(400, story -> {
        story.open();
        fillSegment(story);
        story.disk().capacity(0);
    }, story -> {
        for (int i = 0; i < 10 && story.append(SmallStory.LARGE) > 0; i++) {
            story.log().drain();
        }
        story.disk().capacity(Long.MAX_VALUE);
        story.log().idle(2_000_000_000L);
        story.append(100);
        story.log().drain();
    }),
    /** A sync fails: nothing may be acknowledged any more. */
    FAILED_SYNC(500, story -> {
        story.open();
        story.append(100);
        story.log().drain();
        story.disk().faults().fail(Occasion.next(Operation.DATA_SYNC, "*.varve"), Errno.EIO);
    }, story -> {
        story.burst(4);
        story.log().drain();
    }),
    /** Two segments are filled one after the other. */
    TWO_ROLLS(1000, story -> {
        story.open();
        fillSegment(story);
    }, story -> {
        for (int i = 0; i < 4; i++) {
            story.append(SmallStory.LARGE);
        }
        story.log().drain();
    });

    private final int statesMin;
    private final int variants;
    private final Consumer<SmallStory> preparation;
    private final Consumer<SmallStory> work;

    SmallWorkload(int statesMin, Consumer<SmallStory> preparation, Consumer<SmallStory> work) {
        this(statesMin, 1, preparation, work);
    }

    SmallWorkload(int statesMin, int variants, Consumer<SmallStory> preparation, Consumer<SmallStory> work) {
        this.statesMin = statesMin;
        this.variants = variants;
        this.preparation = preparation;
        this.work = work;
    }

    private static void fillSegment(SmallStory story) {
        long segment = story.log().parts().builder().header().segment();
        long roomMin = SmallStory.LARGE + 4096L * 4;
        while (segment == story.log().parts().builder().header().segment() && room(story) > roomMin) {
            story.append(SmallStory.LARGE / 2);
            story.log().drain();
        }
        // Until the next segment is prepared.
        story.log().idle(1_000_000_000);
    }

    private static long room(SmallStory story) {
        return story.log().parts().builder().header().limitLsn() - story.log().parts().placement().tailLsn();
    }

    /** How many different states its cuts leave at least; less, and it has not been tried. */
    int statesMin() {
        return statesMin;
    }

    /** In how many orders its requests complete. */
    int variants() {
        return variants;
    }

    /** Up to where the power will be cut. */
    SmallStory prepared(int variant) {
        SmallStory story = new SmallStory();
        preparation.accept(story);
        if (variants > 1) {
            delayWrites(story, variant);
        }
        return story;
    }

    /** Each of four writes takes longer than each before it in one order of the four. */
    private static void delayWrites(SmallStory story, int permutation) {
        int rest = permutation;
        boolean[] isTaken = new boolean[4];
        for (int i = 0; i < 4; i++) {
            int skip = rest % (4 - i);
            rest /= 4 - i;
            int rank = 0;
            while (isTaken[rank] || skip-- > 0) {
                rank++;
            }
            isTaken[rank] = true;
            story.disk().faults().delay(Occasion.nth(Operation.WRITE, "*.varve", 1 + i), rank * 100_000L);
        }
    }

    /** What is cut. */
    void work(SmallStory story) {
        story.run(() -> work.accept(story));
    }
}

package dev.varve.engine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.memory.AlignedBuffer.State;
import dev.varve.engine.memory.BufferPool.Limits;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BufferPoolTest {
    private static final int BLOCK = 4096;
    private static final int STANDARD = 4 * BLOCK;
    private static final long BUDGET = 8L * STANDARD;

    private final CountingSource source = new CountingSource();
    private final BufferPool pool = new BufferPool(source, new Limits(BLOCK, STANDARD, BUDGET));

    /** Knows what it has given out. */
    private static final class CountingSource implements MemorySource {
        private final MemorySource collected = MemorySource.collected();
        private final Set<Long> addresses = new HashSet<>();
        private long bytes;
        private int allocations;
        private boolean exhausted;

        @Override
        public synchronized MemorySegment allocate(long length, int alignment) {
            if (exhausted) {
                throw new IllegalStateException("no memory");
            }
            MemorySegment memory = collected.allocate(length, alignment);
            addresses.add(memory.address());
            bytes += length;
            allocations++;
            return memory;
        }

        @Override
        public synchronized void free(MemorySegment memory) {
            assertThat(addresses.remove(memory.address())).as("given out here").isTrue();
            bytes -= memory.byteSize();
        }
    }

    @Test
    void shouldObtainAlignedMemoryWhenFirstAskedFor() {
        assertThat(pool.allocated()).isZero();
        AlignedBuffer buffer = pool.acquire();

        assertThat(buffer.state()).isEqualTo(State.FILLING);
        assertThat(buffer.length()).isEqualTo(STANDARD);
        assertThat(buffer.memory().address() % BLOCK).isZero();
        assertThat(pool.allocated()).isEqualTo(STANDARD);
        assertThat(pool.lent()).isEqualTo(1);
    }

    @Test
    void shouldGiveTheSameMemoryAgain() {
        AlignedBuffer buffer = pool.acquire();
        pool.release(buffer);

        assertThat(pool.acquire()).isSameAs(buffer);
        assertThat(source.allocations).isEqualTo(1);
    }

    @Test
    void shouldKeepToTheBudget() {
        List<AlignedBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            buffers.add(pool.acquire());
        }
        assertThat(buffers).doesNotContainNull().doesNotHaveDuplicates();
        assertThat(pool.acquire()).isNull();
        assertThat(pool.acquire(1)).isNull();
        assertThat(pool.acquire(STANDARD + 1)).isNull();
        assertThat(pool.allocated()).isEqualTo(BUDGET);

        pool.release(buffers.getFirst());
        assertThat(pool.acquire()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({"0, 16384", "1, 16384", "16384, 16384", "16385, 20480", "20480, 20480", "131072, 131072"})
    void shouldRoundLengthsUp(long lengthMin, int expected) {
        assertThat(pool.acquire(lengthMin).length()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"131073", "2147483648", "9223372036854775807"})
    void shouldHaveNoBufferThatExceedsTheBudget(long lengthMin) {
        AlignedBuffer kept = pool.acquire();
        pool.release(kept);

        assertThat(pool.acquire(lengthMin)).isNull();
        assertThat(pool.acquire()).as("not discarded in vain").isSameAs(kept);
    }

    @Test
    void shouldHaveNoBufferLongerThanItsLengthCanSay() {
        BufferPool huge = new BufferPool(source, new Limits(BLOCK, STANDARD, 1L << 40));

        assertThat(huge.acquire(1L << 31)).isNull();
        assertThat(huge.acquire(Long.MAX_VALUE)).isNull();
        assertThat(source.allocations).isZero();
    }

    @Test
    void shouldReuseTheSmallestLargeBufferThatIsLongEnough() {
        AlignedBuffer eight = pool.acquire(8 * BLOCK);
        AlignedBuffer five = pool.acquire(5 * BLOCK);
        AlignedBuffer six = pool.acquire(6 * BLOCK);
        pool.release(eight);
        pool.release(five);
        pool.release(six);

        assertThat(pool.acquire(6 * BLOCK)).isSameAs(six);
        assertThat(pool.acquire(6 * BLOCK)).isSameAs(eight);
        assertThat(pool.acquire(5 * BLOCK)).isSameAs(five);
        assertThat(source.allocations).isEqualTo(3);
    }

    @Test
    void shouldMakeRoomForALargeBufferOutOfFreeOnes() {
        List<AlignedBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            buffers.add(pool.acquire());
        }
        buffers.subList(2, 8).forEach(pool::release);
        AlignedBuffer large = pool.acquire(6 * STANDARD);

        assertThat(large.length()).isEqualTo(6 * STANDARD);
        assertThat(pool.allocated()).isEqualTo(BUDGET).isEqualTo(source.bytes);
        assertThat(buffers.subList(0, 2)).as("lent ones").allSatisfy(buffer -> assertThat(buffer.state()).isEqualTo(State.FILLING));
        assertThat(pool.acquire()).isNull();
    }

    @Test
    void shouldMakeRoomForStandardBuffersOutOfLargeOnes() {
        AlignedBuffer large = pool.acquire(8 * STANDARD);
        assertThat(pool.acquire()).isNull();
        pool.release(large);

        for (int i = 0; i < 8; i++) {
            assertThat(pool.acquire()).isNotNull();
        }
        assertThat(pool.allocated()).isEqualTo(BUDGET).isEqualTo(source.bytes);
    }

    @Test
    void shouldNotDiscardInVain() {
        List<AlignedBuffer> buffers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            buffers.add(pool.acquire());
        }
        buffers.subList(4, 8).forEach(pool::release);

        assertThat(pool.acquire(5 * STANDARD)).isNull();
        assertThat(pool.allocated()).as("the free ones are still there").isEqualTo(BUDGET);
    }

    @Test
    void shouldTakeBackWhatIsFilledOrClosedOnly() {
        AlignedBuffer buffer = pool.acquire();
        buffer.close();
        buffer.lend();
        assertThatThrownBy(() -> pool.release(buffer)).isInstanceOf(IllegalStateException.class).hasMessageContaining("IN_FLIGHT");
        assertThat(pool.lent()).isEqualTo(1);

        buffer.takeBack();
        pool.release(buffer);
        assertThatThrownBy(() -> pool.release(buffer)).isInstanceOf(IllegalStateException.class).hasMessageContaining("FREE");
        assertThat(pool.lent()).isZero();
        assertThat(pool.acquire()).isNotSameAs(pool.acquire());
    }

    @Test
    void shouldNotCountMemoryItDidNotGet() {
        source.exhausted = true;
        assertThatThrownBy(pool::acquire).hasMessage("no memory");
        assertThatThrownBy(() -> pool.acquire(2 * STANDARD)).hasMessage("no memory");
        assertThat(pool.allocated()).isZero();
        assertThat(pool.lent()).isZero();

        source.exhausted = false;
        assertThat(pool.acquire(BUDGET)).isNotNull();
    }

    @Test
    void shouldFreeWhatIsFreeAndWhatIsLentOnceItComesBack() {
        AlignedBuffer lent = pool.acquire();
        pool.release(pool.acquire());
        pool.release(pool.acquire(2 * STANDARD));
        pool.close();

        assertThat(source.addresses).containsExactly(lent.memory().address());
        assertThat(pool.allocated()).isEqualTo(STANDARD);
        assertThat(pool.acquire()).as("a closed pool lends nothing").isNull();

        pool.release(lent);
        assertThat(source.addresses).as("and keeps nothing").isEmpty();
        assertThat(pool.allocated()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"0, 4096, 4096", "3000, 6000, 6000", "4096, 0, 4096", "4096, 5000, 8192", "4096, 8192, 4096", "4096, -4096, 4096"})
    void shouldRefuseImpossibleLimits(int alignment, int standardLength, long budget) {
        assertThatThrownBy(() -> new Limits(alignment, standardLength, budget)).isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("alignment=" + alignment, "standardLength=" + standardLength, "budget=" + budget);
    }

    @Property(tries = 200)
    void shouldBalanceWhateverIsAskedInWhateverOrder(@ForAll long seed) {
        Random random = new Random(seed);
        CountingSource counting = new CountingSource();
        BufferPool balanced = new BufferPool(counting, new Limits(BLOCK, STANDARD, BUDGET));
        List<AlignedBuffer> lent = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            if (random.nextBoolean() && !lent.isEmpty()) {
                balanced.release(lent.remove(random.nextInt(lent.size())));
            } else {
                long lengthMin = random.nextLong(BUDGET + 1);
                AlignedBuffer buffer = balanced.acquire(lengthMin);
                if (buffer != null) {
                    assertThat((long) buffer.length()).isGreaterThanOrEqualTo(lengthMin);
                    lent.add(buffer);
                }
            }
            assertThat(balanced.lent()).isEqualTo(lent.size());
            assertThat(balanced.allocated()).isEqualTo(counting.bytes).isLessThanOrEqualTo(BUDGET);
        }
        lent.forEach(balanced::release);
        balanced.close();
        assertThat(counting.bytes).isZero();
    }

    @Test
    @Timeout(60)
    void shouldNeverLendOneBufferToTwoThreads() throws Exception {
        int threads = 4;
        List<Future<Integer>> results = new ArrayList<>();
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            for (int i = 1; i <= threads; i++) {
                results.add(executor.submit(hammer(i)));
            }
            for (Future<Integer> result : results) {
                assertThat(result.get()).as("rounds that got a buffer").isPositive();
            }
        }

        assertThat(pool.lent()).isZero();
        assertThat(pool.allocated()).isEqualTo(source.bytes).isLessThanOrEqualTo(BUDGET);
        pool.close();
        assertThat(source.bytes).isZero();
    }

    private Callable<Integer> hammer(int thread) {
        return () -> {
            Random random = new Random(thread);
            int got = 0;
            for (int i = 0; i < 20_000; i++) {
                AlignedBuffer buffer = pool.acquire(random.nextInt(10) == 0 ? 2L * STANDARD : 1);
                if (buffer != null) {
                    got++;
                    long mark = (long) thread << Integer.SIZE | i;
                    buffer.memory().set(ValueLayout.JAVA_LONG, 0, mark);
                    buffer.close();
                    assertThat(buffer.memory().get(ValueLayout.JAVA_LONG, 0)).as("another thread's mark").isEqualTo(mark);
                    pool.release(buffer);
                }
            }
            return got;
        };
    }
}

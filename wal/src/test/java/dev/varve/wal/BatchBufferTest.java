package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.memory.AlignedBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchBufferTest {
    private static final int CAPACITY = Fillings.BATCH_LENGTH;

    private final BatchBuffers buffers = Fillings.buffers(4);
    private final SegmentPlace segment = Fillings.segment(1);

    private BatchBuffer open() {
        return buffers.open(segment, 1);
    }

    private static int offset(long place) {
        return (int) place;
    }

    private static int index(long place) {
        return (int) (place >>> Integer.SIZE);
    }

    @Test
    void placesFollowOneAnotherBehindTheHeader() {
        BatchBuffer batch = open();
        assertThat(batch.isEmpty()).isTrue();
        long first = batch.place(24, 1);
        long second = batch.place(4000, 3);
        long third = batch.place(16, 1);
        assertThat(List.of(offset(first), offset(second), offset(third)))
            .containsExactly(Fillings.HEADER, Fillings.HEADER + 24, Fillings.HEADER + 4024);
        assertThat(List.of(index(first), index(second), index(third))).containsExactly(0, 1, 4);
        assertThat(batch.isEmpty()).isFalse();
        assertThat(batch.placedEndLsn()).isEqualTo(batch.lsn() + Fillings.HEADER + 4040);
    }

    @Test
    void theLastByteOfTheCapacityCanBeTaken() {
        BatchBuffer batch = open();
        assertThat(batch.place(CAPACITY - Fillings.HEADER, 1)).isEqualTo(Fillings.HEADER);
        assertThat(batch.place(16, 1)).isEqualTo(BatchBuffer.MUST_SETTLE);
        assertThat(batch.closedLength()).isEqualTo(CAPACITY);
        assertThat(batch.place(16, 1)).isEqualTo(BatchBuffer.NO_PLACE);
    }

    @Test
    void onlyTheFirstThatDoesNotFitSettlesAndTheDriverDoesNot() {
        BatchBuffer batch = open();
        batch.place(64, 2);
        assertThat(batch.place(CAPACITY, 1)).isEqualTo(BatchBuffer.MUST_SETTLE);
        assertThat(batch.place(16, 1)).isEqualTo(BatchBuffer.NO_PLACE);
        assertThat(batch.close()).isFalse();
        assertThat(batch.closedLength()).isEqualTo(Fillings.HEADER + 64);
        assertThat(batch.ackCount()).isEqualTo(2);
    }

    @Test
    void theDriverSettlesIfAllFitted() {
        BatchBuffer batch = open();
        batch.place(64, 2);
        assertThat(batch.close()).isTrue();
        assertThat(batch.close()).isFalse();
        assertThat(batch.place(16, 1)).isEqualTo(BatchBuffer.NO_PLACE);
        assertThat(batch.closedLength()).isEqualTo(Fillings.HEADER + 64);
    }

    @Test
    void thereAreNoMorePlacesThanSlotsForThoseWhoWait() {
        BatchBuffer batch = open();
        assertThat(batch.place(16, BatchBuffer.RECORD_COUNT_MAX)).isEqualTo(Fillings.HEADER);
        assertThat(batch.place(16, 1)).isEqualTo(BatchBuffer.MUST_SETTLE);
        assertThat(batch.ackCount()).isEqualTo(BatchBuffer.RECORD_COUNT_MAX);
    }

    @Test
    void itIsCompleteOnlyWhenSettledAndEveryPlaceIsPublished() {
        BatchBuffer batch = open();
        batch.place(64, 1);
        batch.place(32, 1);
        batch.publish(32);
        assertThat(batch.close()).isTrue();
        assertThat(batch.isComplete()).isFalse();
        batch.settle(null, batch.closedLength());
        assertThat(batch.isSettled()).isTrue();
        assertThat(batch.isComplete()).isFalse();
        batch.publish(64);
        assertThat(batch.isComplete()).isTrue();
        assertThat(batch.recordCount()).isEqualTo(2);
        assertThat(batch.blocks()).isEqualTo(1);
    }

    @Test
    void itsEndIsNotToldWhileItIsBeingClosedOrReused() {
        BatchBuffer batch = open();
        batch.place(64, 1);
        assertThat(batch.close()).isTrue();
        assertThat(batch.placedEndLsn()).isEqualTo(BatchBuffer.UNKNOWN);
        batch.settle(null, batch.closedLength());
        assertThat(batch.placedEndLsn()).isEqualTo(batch.lsn() + Fillings.HEADER + 64);
        buffers.recycle(batch);
        assertThat(batch.placedEndLsn()).isEqualTo(BatchBuffer.UNKNOWN);
    }

    @Test
    void atTheEndOfTheSegmentItIsNoLongerThanTheRoomLeft() {
        BatchBuffer batch = buffers.open(segment, Fillings.GEOMETRY.dataEndBlock() - 1);
        assertThat(batch.place(Fillings.BLOCK - Fillings.HEADER, 1)).isEqualTo(Fillings.HEADER);
        assertThat(batch.place(16, 1)).isEqualTo(BatchBuffer.MUST_SETTLE);
    }

    /** One batch object, opened again and again by whoever settles it, under threads that never look whether it is the same life. */
    @Test
    void placesAreDisjointAndLengthsExactHoweverManyThreadsComeWhileItIsRecycled() throws Exception {
        long seed = new SplittableRandom().nextLong();
        System.out.println("batch buffer seed " + seed);
        Hammer hammer = new Hammer(seed, 3000);
        hammer.run();
        assertThat(hammer.problems).isEmpty();
        assertThat(hammer.settledTwice.get()).isZero();
        assertThat(hammer.placedBytes.get()).isEqualTo(hammer.settledBytes.get());
        System.out.println("  places " + hammer.places.get() + ", settled by appenders " + hammer.byAppender.get() + ", by the driver "
            + hammer.byDriver.get());
        assertThat(hammer.byAppender.get()).isPositive();
        assertThat(hammer.byDriver.get()).isPositive();
    }

    /**
     * Threads that place and publish; one of them also closes now and then; whoever must settles, waits for all, checks, and opens
     * anew.
     */
    private final class Hammer {
        private static final int THREADS = 6;

        private final BatchBuffer batch = open();
        private final AlignedBuffer memory = batch.memory();
        private final AckList acks = batch.acks();
        private final long seed;
        private final int lives;
        private final AtomicInteger life = new AtomicInteger();
        private final BitSet taken = new BitSet();
        private final AtomicLong places = new AtomicLong();
        private final AtomicLong placedBytes = new AtomicLong();
        private final AtomicLong settledBytes = new AtomicLong();
        private final AtomicInteger settledTwice = new AtomicInteger();
        private final AtomicInteger settlers = new AtomicInteger();
        private final AtomicLong byAppender = new AtomicLong();
        private final AtomicLong byDriver = new AtomicLong();
        private final List<String> problems = new ArrayList<>();

        Hammer(long seed, int lives) {
            this.seed = seed;
            this.lives = lives;
        }

        void run() throws Exception {
            CountDownLatch start = new CountDownLatch(1);
            try (ExecutorService executor = Executors.newFixedThreadPool(THREADS)) {
                List<Future<?>> all = new ArrayList<>();
                for (int i = 0; i < THREADS; i++) {
                    SplittableRandom random = new SplittableRandom(seed + i);
                    boolean isDriver = i == 0;
                    all.add(executor.submit(() -> {
                        start.await();
                        hammer(random, isDriver);
                        return null;
                    }));
                }
                start.countDown();
                for (Future<?> each : all) {
                    each.get();
                }
            }
            // Threads that had looked at the count of lives before its end have placed in one life more.
            assertThat(batch.close()).isTrue();
            settledBytes.addAndGet(batch.closedLength() - Fillings.HEADER);
        }

        @SuppressWarnings("ThreadPriorityCheck") // Two processors, and the settler waits for the others.
        private void hammer(SplittableRandom random, boolean isDriver) {
            // On a busy machine many lives pass before each thread has had a turn.
            while (life.get() < lives || byDriver.get() == 0 || byAppender.get() == 0) {
                if (isDriver && random.nextInt(8) == 0 && batch.close()) {
                    byDriver.incrementAndGet();
                    settle();
                    continue;
                }
                int bytes = 16 + 8 * random.nextInt(random.nextInt(10) == 0 ? 600 : 40);
                int records = 1 + random.nextInt(4);
                long place = batch.place(bytes, records);
                if (place >= 0) {
                    take(offset(place), bytes, index(place));
                } else if (place == BatchBuffer.MUST_SETTLE) {
                    byAppender.incrementAndGet();
                    settle();
                } else {
                    Thread.yield();
                }
            }
        }

        private void take(int offset, int bytes, int index) {
            synchronized (taken) {
                if (taken.nextSetBit(offset) >= 0 && taken.nextSetBit(offset) < offset + bytes) {
                    problems.add("life " + life.get() + ": overlap at " + offset);
                }
                if (offset < Fillings.HEADER || offset + bytes > CAPACITY || index >= BatchBuffer.RECORD_COUNT_MAX) {
                    problems.add("life " + life.get() + ": outside: " + offset + " of " + bytes + ", index " + index);
                }
                taken.set(offset, offset + bytes);
            }
            places.incrementAndGet();
            placedBytes.addAndGet(bytes);
            batch.publish(bytes);
        }

        @SuppressWarnings("ThreadPriorityCheck") // As above.
        private void settle() {
            if (settlers.incrementAndGet() != 1) {
                settledTwice.incrementAndGet();
            }
            int length = batch.closedLength();
            batch.settle(null, length);
            while (!batch.isComplete()) {
                Thread.yield();
            }
            synchronized (taken) {
                if (taken.cardinality() != length - Fillings.HEADER || (length > Fillings.HEADER && taken.length() != length)) {
                    problems.add("life " + life.get() + ": length " + length + " but taken " + taken.cardinality());
                }
                taken.clear();
            }
            settledBytes.addAndGet(length - Fillings.HEADER);
            settlers.decrementAndGet();
            life.incrementAndGet();
            batch.retire();
            batch.open(memory, acks, segment, 1);
        }
    }
}

package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PlacementTest {
    private static final int FULL = Fillings.BATCH_LENGTH - Fillings.HEADER;

    private final ScriptedEngine engine = new ScriptedEngine();
    private final DriverSeat seat = taken(new DriverSeat(engine));
    private final SegmentPlace first = Fillings.segment(1);
    private final Placement.Claimed place = new Placement.Claimed();

    private Placement placement(BatchBuffers buffers, int block) {
        return new Placement(buffers, seat, first, block);
    }

    private void take(Placement placement, int bytes) {
        assertThat(placement.place(bytes, 1, place)).isTrue();
        place.batch().publish(bytes);
    }

    @Test
    void aFullBatchIsFollowedByTheNextOneBehindItsBlocks() {
        Placement placement = placement(Fillings.buffers(4), 1);
        BatchBuffer before = placement.open();
        take(placement, 5000);
        take(placement, FULL);
        assertThat(before.isComplete()).isTrue();
        assertThat(before.next()).isSameAs(placement.open());
        assertThat(place.batch()).isSameAs(placement.open());
        assertThat(place.lsn()).isEqualTo(first.lsnOfBlock(1 + 2) + Fillings.HEADER);
    }

    @Test
    void withoutMemoryAppendersArePushedBackUntilTheDriverReopens() {
        BatchBuffers buffers = Fillings.buffers(1);
        Placement placement = placement(buffers, 1);
        take(placement, 5000);
        BatchBuffer only = placement.open();
        assertThat(placement.place(FULL, 1, place)).isFalse();
        assertThat(only.isComplete()).isTrue();
        assertThat(placement.lacksSegment()).isFalse();
        assertThat(placement.reopen()).isFalse();
        // Its memory comes back before the batch itself may: the next one is linked to it first.
        only.memory().close();
        buffers.release(only.memory());
        assertThat(placement.reopen()).isTrue();
        assertThat(only.next()).isSameAs(placement.open());
        take(placement, FULL);
        assertThat(place.lsn()).isEqualTo(first.lsnOfBlock(3) + Fillings.HEADER);
    }

    @Test
    void memoryThatTheSystemRefusesIsAskedForAgainByTheDriverAndNobodyIsLeftWithoutAnAnswer() {
        AtomicReference<RuntimeException> refusal = new AtomicReference<>();
        MemorySource source = new MemorySource() {
            @Override
            public MemorySegment allocate(long length, int alignment) {
                if (refusal.get() != null) {
                    throw refusal.get();
                }
                return MemorySource.collected().allocate(length, alignment);
            }

            @Override
            public void free(MemorySegment memory) {
                MemorySource.collected().free(memory);
            }
        };
        BatchBuffers buffers = Fillings.buffers(source, 8);
        AlignedBuffer memory = buffers.memory(2L * Fillings.BLOCK);
        Placement placement = placement(buffers, 1);
        take(placement, 5000);
        refusal.set(new IoFailureException("no memory, as if", Errno.ENOMEM));
        assertThat(placement.place(FULL, 1, place)).isFalse();
        assertThat(placement.placeLarge(memory, Fillings.BLOCK, 1)).isNull();
        assertThatThrownBy(placement::reopen).isSameAs(refusal.get());
        refusal.set(null);
        assertThat(placement.reopen()).isTrue();
        refusal.set(new IoFailureException("no memory, as if", Errno.ENOMEM));
        BatchBuffer large = placement.placeLarge(memory, Fillings.BLOCK, 1);
        assertThat(large.isSettled()).isTrue();
        assertThat(placement.place(FULL, 1, place)).isFalse();
    }

    @Test
    void atTheSegmentsEndTheChainGoesOnInTheSegmentOnOffer() {
        Placement placement = placement(Fillings.buffers(4), Fillings.GEOMETRY.dataEndBlock() - 1);
        BatchBuffer last = placement.open();
        take(placement, 1000);
        assertThat(placement.place(FULL, 1, place)).isFalse();
        assertThat(placement.lacksSegment()).isTrue();
        SegmentPlace second = Fillings.segment(2);
        placement.offerSegment(second);
        assertThat(placement.lacksSegment()).isFalse();
        assertThat(placement.reopen()).isTrue();
        assertThat(placement.hasNextSegment()).isFalse();
        take(placement, FULL);
        assertThat(place.lsn()).isEqualTo(second.lsnOfBlock(1) + Fillings.HEADER);
        assertThat(last.next()).isSameAs(placement.open());
    }

    @Test
    void aRecordThatDoesNotFitTheRoomLeftMovesTheChainThoughTheBatchIsEmpty() {
        Placement placement = placement(Fillings.buffers(4), Fillings.GEOMETRY.dataEndBlock() - 2);
        BatchBuffer tooShort = placement.open();
        SegmentPlace second = Fillings.segment(2);
        placement.offerSegment(second);
        take(placement, 3 * Fillings.BLOCK);
        assertThat(tooShort.isVoid()).isTrue();
        assertThat(tooShort.isComplete()).isTrue();
        assertThat(tooShort.blocks()).isZero();
        assertThat(place.lsn()).isEqualTo(second.lsnOfBlock(1) + Fillings.HEADER);
    }

    @Test
    void aSegmentThatIsFullFromTheBeginningWaitsForTheNext() {
        Placement placement = placement(Fillings.buffers(4), Fillings.GEOMETRY.dataEndBlock());
        assertThat(placement.place(16, 1, place)).isFalse();
        assertThat(placement.lacksSegment()).isTrue();
        placement.offerSegment(Fillings.segment(2));
        assertThat(placement.reopen()).isTrue();
        take(placement, 16);
        assertThat(place.lsn()).isEqualTo(Fillings.segment(2).lsnOfBlock(1) + Fillings.HEADER);
    }

    @Test
    void aLargeBatchThatIsPushedBackCallsTheDriverWhichAloneCanGoOn() {
        BatchBuffers buffers = Fillings.buffers(4);
        Placement placement = placement(buffers, Fillings.GEOMETRY.dataEndBlock() - 1);
        AlignedBuffer memory = buffers.memory(2L * Fillings.BLOCK);
        seat.prepareToWait(true);
        assertThat(placement.placeLarge(memory, Fillings.BLOCK, 1)).isNull();
        assertThat(engine.wakeUps()).isEqualTo(1);
        assertThat(placement.lacksSegment()).isTrue();
        placement.offerSegment(Fillings.segment(2));
        assertThat(placement.reopen()).isTrue();
        BatchBuffer large = placement.placeLarge(memory, Fillings.BLOCK, 1);
        assertThat(large.lsn()).isEqualTo(Fillings.segment(2).lsnOfBlock(1));
        assertThat(placement.open().lsn()).isEqualTo(Fillings.segment(2).lsnOfBlock(3));
    }

    @Test
    void theAcceptedEndIsTheLastRecordsEndWhileTheTailIsWhereTheNextWouldLie() {
        Placement placement = placement(Fillings.buffers(4), Fillings.GEOMETRY.dataEndBlock() - 1);
        long start = first.lsnOfBlock(Fillings.GEOMETRY.dataEndBlock() - 1);
        assertThat(placement.acceptedEndLsn()).isEqualTo(start);
        assertThat(placement.tailLsn()).isEqualTo(start + Fillings.HEADER);
        take(placement, 40);
        assertThat(placement.acceptedEndLsn()).isEqualTo(start + Fillings.HEADER + 40);
        assertThat(placement.tailLsn()).isEqualTo(start + Fillings.HEADER + 40);
        placement.offerSegment(Fillings.segment(2));
        placement.closeOpen();
        assertThat(placement.open().segment()).isEqualTo(Fillings.segment(2));
        assertThat(placement.acceptedEndLsn()).as("no record lies between the segments").isEqualTo(start + Fillings.HEADER + 40);
        assertThat(placement.tailLsn()).isEqualTo(Fillings.segment(2).lsnOfBlock(1) + Fillings.HEADER);
    }

    @Test
    void afterTheEndNothingIsOpened() {
        Placement placement = placement(Fillings.buffers(4), 1);
        take(placement, 40);
        BatchBuffer last = placement.open();
        placement.end();
        assertThat(placement.place(40, 1, place)).isFalse();
        assertThat(placement.reopen()).isFalse();
        assertThat(last.isComplete()).isTrue();
        assertThat(last.next()).isNull();
    }

    /** Closing meets an appender that has just looked whether places have ended, and is about to open a batch behind its large one. */
    @Test
    void theLogEndsAlthoughAnAppenderOpensABatchAsClosingBegins() {
        SimulatedDisk disk = new SimulatedDisk(5, DiskSettings.quiet());
        AtomicReference<Runnable> meanwhile = new AtomicReference<>();
        MemorySource source = new MemorySource() {
            @Override
            public MemorySegment allocate(long length, int alignment) {
                Runnable action = length == Fillings.BLOCK ? meanwhile.getAndSet(null) : null;
                if (action != null) {
                    action.run();
                }
                return MemorySource.collected().allocate(length, alignment);
            }

            @Override
            public void free(MemorySegment memory) {
                MemorySource.collected().free(memory);
            }
        };
        Environment plain = SimulatedLog.environment(disk, 5);
        SimulatedLog log = SimulatedLog.open(disk, LogConfig.defaults().withSegmentAndRecordLength(1 << 20, 10_000)
                .withCommit(new LogConfig.Commit(Fillings.BLOCK, 0, 50_000_000, 1_000_000_000)),
            new Environment(disk, source, plain.random(), plain.nanos(), plain.millis()));
        meanwhile.set(() -> {
            log.driver().beginClosing();
            for (int i = 0; i < 100; i++) {
                log.turn();
            }
        });
        assertThat(log.offer(new byte[10_000], AckLevel.DURABLE, null)).isPositive();
        assertThat(meanwhile).hasValue(null);
        assertThat(log.close()).isTrue();
    }

    @Test
    void theChainHasNoGapAndNoOverlapWhateverThreadsPlaceInIt() throws Exception {
        long seed = new SplittableRandom().nextLong();
        System.out.println("placement seed " + seed);
        new Chain(seed).run();
    }

    /** What a thread was given. */
    private record Taken(int thread, long lsn, long bytes) {
    }

    /** Threads that place small and large batches, and a driver that passes along the chain, opens again and offers segments. */
    private final class Chain {
        private static final int THREADS = 5;
        private static final int ROUNDS = 4000;

        private final BatchBuffers buffers = Fillings.buffers(12);
        private final Placement placement = placement(buffers, 1);
        private final ConcurrentLinkedQueue<Taken> taken = new ConcurrentLinkedQueue<>();
        private final CountDownLatch working = new CountDownLatch(THREADS);
        private final long seed;
        private BatchBuffer head = placement.open();
        private BatchBuffer passed;
        private long endLsn = first.lsnOfBlock(1);
        private long bytes;
        private long segment = 1;
        private long offered = 1;

        Chain(long seed) {
            this.seed = seed;
        }

        void run() throws InterruptedException {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int number = i;
                threads.add(Thread.ofPlatform().start(() -> append(number, new SplittableRandom(seed + number))));
            }
            while (working.getCount() > 0 || !isAtEnd()) {
                drive();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            check();
        }

        @SuppressWarnings("ThreadPriorityCheck") // Two processors, and the driver must come.
        private void append(int thread, SplittableRandom random) {
            for (int i = 0; i < ROUNDS; i++) {
                Records records = Fillings.record(16 + 8 * random.nextInt(random.nextInt(20) == 0 ? 5000 : 60));
                long lsn = appender.append(records, Fillings.nobody());
                while (lsn < 0) {
                    Thread.yield();
                    lsn = appender.append(records, Fillings.nobody());
                }
                taken.add(new Taken(thread, lsn, records.bytes()));
            }
            working.countDown();
        }

        private final Appender appender = new Appender(placement, buffers, seat, Fillings.BATCH_LENGTH);

        private void drive() {
            placement.reopen();
            if (!placement.hasNextSegment() && offered == segment) {
                placement.offerSegment(Fillings.segment(++offered));
            }
            if (head == null) {
                if (passed.next() == null) {
                    return;
                }
                head = passed.next();
                buffers.release(passed.memory());
                buffers.recycle(passed);
            }
            if (!head.isClosed() && !head.isEmpty()) {
                placement.closeOpen();
            }
            if (head.isComplete()) {
                pass();
            }
        }

        private void pass() {
            if (head.segment().segment() != segment) {
                assertThat(head.segment().segment()).isEqualTo(++segment);
                endLsn = head.segment().lsnOfBlock(1);
            }
            assertThat(head.lsn()).as("no gap, no overlap").isEqualTo(endLsn);
            endLsn += (long) head.blocks() * Fillings.BLOCK;
            assertThat(head.block() + head.blocks()).isLessThanOrEqualTo(Fillings.GEOMETRY.dataEndBlock());
            bytes += head.isVoid() ? 0 : head.length() - Fillings.HEADER;
            passed = head;
            head = null;
        }

        private boolean isAtEnd() {
            return head != null && head.isEmpty() && !head.isClosed();
        }

        private void check() {
            List<Taken> sorted = new ArrayList<>(taken);
            sorted.sort(Comparator.comparingLong(Taken::lsn));
            long[] last = new long[THREADS];
            for (Taken next : taken) {
                assertThat(next.lsn()).as("places of one thread are in order").isGreaterThan(last[next.thread()]);
                last[next.thread()] = next.lsn();
            }
            long end = 0;
            long sum = 0;
            for (Taken next : sorted) {
                assertThat(next.lsn()).isGreaterThanOrEqualTo(end);
                end = next.lsn() + next.bytes();
                sum += next.bytes();
            }
            assertThat(sorted).hasSize(THREADS * ROUNDS);
            assertThat(sum).isEqualTo(bytes);
            assertThat(segment).as("rolls").isGreaterThan(20);
            System.out.println("  " + segment + " segments, " + bytes + " bytes");
        }
    }

    private static DriverSeat taken(DriverSeat seat) {
        assertThat(seat.take(DriverSeat.Holder.AGENT)).isTrue();
        return seat;
    }
}

package dev.varve.wal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.varve.engine.memory.AlignedBuffer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.ZI_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * What two threads may see of each other at the points where a log's threads meet: each class is one meeting, run millions of times by
 * jcstress, with every outcome that is allowed and the reason. {@link PublicationRacesTest} runs them.
 */
public final class PublicationRaces {
    private static final int RECORD = 16;
    private static final int NOT_YET = -1;
    private static final int EMPTY = -2;
    private static final int CONTENT = 42;
    /** Batches here are placed in, never written to: they can share. */
    private static final AlignedBuffer MEMORY = Fillings.buffers(1).memory(Fillings.BLOCK);

    private PublicationRaces() {
    }

    private static BatchBuffer openBatch() {
        BatchBuffer batch = new BatchBuffer();
        batch.open(MEMORY, null, Fillings.segment(1), 1);
        return batch;
    }

    private static DriverSeat seatOfTheAgent(ScriptedEngine engine) {
        DriverSeat seat = new DriverSeat(engine);
        seat.take(DriverSeat.Holder.AGENT);
        return seat;
    }

    /** The log's thread leaves the seat and looks a last time; an appender publishes and tries to take the seat. */
    @JCStressTest
    @Outcome(id = "true, false", expect = FORBIDDEN, desc = "Both rely on the other: the record is left lying.")
    @Outcome(expect = ACCEPTABLE, desc = "One of them sees the other.")
    @State
    public static class LyingDown {
        private final DriverSeat seat = seatOfTheAgent(new ScriptedEngine());
        private final BatchBuffer batch = openBatch();

        @Actor
        public void agent(ZZ_Result seen) {
            seat.leave();
            seen.r1 = batch.isUntouched();
        }

        @Actor
        public void appender(ZZ_Result seen) {
            batch.place(RECORD, 1);
            batch.publish(RECORD);
            seen.r2 = seat.take(DriverSeat.Holder.CALLER);
        }
    }

    /** The driver says that it will wait, and looks a last time; an appender publishes and rings if the driver waits. */
    @JCStressTest
    @Outcome(id = "true, false", expect = FORBIDDEN, desc = "The driver waits, and nobody has rung.")
    @Outcome(expect = ACCEPTABLE, desc = "It sees the record, or it is rung up, or both.")
    @State
    public static class GoingToWait {
        private final ScriptedEngine engine = new ScriptedEngine();
        private final DriverSeat seat = seatOfTheAgent(engine);
        private final BatchBuffer batch = openBatch();

        @Actor
        public void driver(ZZ_Result seen) {
            seat.prepareToWait(true);
            seen.r1 = batch.isUntouched();
        }

        @Actor
        public void appender(ZZ_Result seen) {
            batch.place(RECORD, 1);
            batch.publish(RECORD);
            seat.published(batch, false);
            seen.r2 = engine.wakeUps() > 0;
        }
    }

    /** Whoever takes the seat sees all that the one before it did. */
    @JCStressTest
    @Outcome(id = "-1", expect = ACCEPTABLE, desc = "The seat was not free yet.")
    @Outcome(id = "42", expect = ACCEPTABLE, desc = "The seat was taken with everything that belongs to it.")
    @Outcome(expect = FORBIDDEN, desc = "The driver's state is an old one.")
    @State
    public static class HandingOver {
        private final DriverSeat seat = seatOfTheAgent(new ScriptedEngine());
        private int owned;

        @Actor
        public void before() {
            owned = CONTENT;
            seat.leave();
        }

        @Actor
        public void after(I_Result seen) {
            seen.r1 = seat.take(DriverSeat.Holder.CALLER) ? owned : NOT_YET;
        }
    }

    /** Two appenders want the last place of a batch. */
    @JCStressTest
    @Outcome(id = {"128, -2", "-2, 128"}, expect = ACCEPTABLE, desc = "One has it, the other must settle the batch.")
    @Outcome(expect = FORBIDDEN, desc = "Both have it, or nobody settles, or both do.")
    @State
    public static class LastPlace {
        private static final int MORE_THAN_HALF = MEMORY.length() / 2;
        private final BatchBuffer batch = openBatch();

        @Actor
        public void one(II_Result seen) {
            seen.r1 = (int) batch.place(MORE_THAN_HALF, 1);
        }

        @Actor
        public void other(II_Result seen) {
            seen.r2 = (int) batch.place(MORE_THAN_HALF, 1);
        }
    }

    /** The driver closes a batch while an appender takes a place in it. */
    @JCStressTest
    @Outcome(id = "128, -1", expect = ACCEPTABLE, desc = "Closed first: no place, and the batch is void.")
    @Outcome(id = "144, 128", expect = ACCEPTABLE, desc = "The place is part of the batch.")
    @Outcome(expect = FORBIDDEN, desc = "A place outside the batch, or a batch without the place.")
    @State
    public static class Closing {
        private final BatchBuffer batch = openBatch();

        @Actor
        public void driver(II_Result seen) {
            seen.r1 = batch.close() ? batch.closedLength() : NOT_YET;
        }

        @Actor
        public void appender(II_Result seen) {
            seen.r2 = (int) batch.place(RECORD, 1);
        }
    }

    /** A batch is complete when every byte of it can be seen. */
    @JCStressTest
    @Outcome(id = {"-1", "-2"}, expect = ACCEPTABLE, desc = "Not complete yet, or closed before anybody had a place.")
    @Outcome(id = "42", expect = ACCEPTABLE, desc = "Complete, with its content.")
    @Outcome(expect = FORBIDDEN, desc = "It would be written without its content.")
    @State
    public static class Completing {
        private final BatchBuffer batch = openBatch();
        private int content;

        @Actor
        public void appender() {
            if (batch.place(RECORD, 1) >= 0) {
                content = CONTENT;
                batch.publish(RECORD);
            }
        }

        @Actor
        public void driver(I_Result seen) {
            if (batch.close()) {
                batch.settle(null, batch.closedLength());
            }
            seen.r1 = !batch.isComplete() ? NOT_YET : batch.isVoid() ? EMPTY : content;
        }
    }

    /** A reader goes as far as the durable end: it sees what became durable, and never less written than durable. */
    @JCStressTest
    @Outcome(id = {"true, -1", "true, 42"}, expect = ACCEPTABLE, desc = "Nothing is durable yet, or it can be seen.")
    @Outcome(expect = FORBIDDEN, desc = "Durable before it is written, or before it is there.")
    @State
    public static class Advancing {
        private static final long END_LSN = 4096;
        private final DurablePosition position = new DurablePosition(0);
        private int segments;

        @Actor
        public void driver() {
            segments = CONTENT;
            position.advanceDurable(END_LSN);
        }

        @Actor
        public void reader(ZI_Result seen) {
            long durableLsn = position.durableLsn();
            seen.r1 = position.endLsn(AckLevel.WRITTEN) >= durableLsn;
            seen.r2 = durableLsn == END_LSN ? segments : NOT_YET;
        }
    }

    /** A log fails while an appender still enters itself: it is told, once, whichever came first. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Told once, with what it gave.")
    @Outcome(expect = FORBIDDEN, desc = "Not told, told twice, or told of something else.")
    @State
    public static class Failing {
        private final RuntimeException failure = new IllegalStateException("the log failed");
        private final AckList acks = new AckLists(1).acquire();
        private int told;
        private int recognized;

        public Failing() {
            acks.settle(1, 0, 1);
        }

        @Actor
        public void appender() {
            acks.set(0, Fillings.HEADER, new Appender.Target(new AppendListener() {
                @Override
                public void appended(long lsn, long sequence, Object attachment) {
                    told = EMPTY;
                }

                @Override
                public void failed(IndeterminateAppendException failure, Object attachment) {
                    told++;
                    recognized += "mine".equals(attachment) ? 1 : 0;
                }
            }, "mine", AckLevel.WRITTEN));
        }

        @Actor
        public void driver() {
            acks.failed(failure, Runnable::run);
        }

        @Arbiter
        public void later(II_Result seen) {
            acks.failed(failure, Runnable::run);
            seen.r1 = told;
            seen.r2 = recognized;
        }
    }

    /** The canary: {@link LyingDown} by somebody who forgot that words must be volatile. It must be caught. */
    @JCStressTest
    @Outcome(id = "true, false", expect = FORBIDDEN, desc = "Both rely on the other.")
    @Outcome(expect = ACCEPTABLE, desc = "One of them sees the other.")
    @State
    public static class Canary {
        private boolean isTaken = true;
        private boolean isPublished;

        @Actor
        public void agent(ZZ_Result seen) {
            isTaken = false;
            seen.r1 = !isPublished;
        }

        @Actor
        public void appender(ZZ_Result seen) {
            isPublished = true;
            seen.r2 = !isTaken;
        }
    }
}

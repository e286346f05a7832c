package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AppenderTest {
    private final ScriptedEngine engine = new ScriptedEngine();
    private final DriverSeat seat = taken(new DriverSeat(engine));
    private final BatchBuffers buffers = Fillings.buffers(8);
    private final SegmentPlace segment = Fillings.segment(1);
    private final Placement placement = new Placement(buffers, seat, segment, 1);
    private final BatchBuffer first = placement.open();
    private final Appender appender = new Appender(placement, buffers, seat, Fillings.BATCH_LENGTH);

    /** Records that break off in the middle of being copied, as bytes do whose memory is closed meanwhile. */
    private record Breaking(int count, int bytes) implements Records {
        @Override
        public void write(MemorySegment memory, long at, RecordDescriptor.Place place) {
            memory.asSlice(at, bytes / 2).fill((byte) 0x7f);
            throw new IllegalStateException("the memory is gone");
        }

        @Override
        public void bind(MemorySegment memory, long at, RecordDescriptor.Place place) {
            throw new AssertionError("never got that far");
        }

        @Override
        public int offset(int index) {
            return index * (bytes / count);
        }
    }

    @Test
    void theLsnReturnedIsThatOfThePlaceEvenIfTheBatchIsReusedAsSoonAsItIsPublished() {
        BatchBuffer batch = placement.open();
        AlignedBuffer memory = batch.memory();
        seat.prepareToWait(true);
        engine.onWakeUp(() -> {
            batch.retire();
            batch.open(memory, batch.acks(), Fillings.segment(9), 5);
        });
        long lsn = appender.append(Fillings.record(64), Fillings.nobody());
        assertThat(engine.wakeUps()).isEqualTo(1);
        assertThat(lsn).isEqualTo(segment.lsnOfBlock(1) + Fillings.HEADER);
    }

    @Test
    void aPlaceThatCannotBeFilledHoldsAValidFillerOfTheSameLength() {
        appender.append(Fillings.record(40), Fillings.nobody());
        assertThatThrownBy(() -> appender.append(new Breaking(3, 96), Fillings.nobody())).hasMessage("the memory is gone");
        long behind = appender.append(Fillings.record(24), Fillings.nobody());
        BatchBuffer batch = placement.open();
        placement.closeOpen();
        assertThat(batch.isComplete()).isTrue();
        assertThat(batch.length()).isEqualTo(Fillings.HEADER + 40 + 96 + 24);
        assertThat(batch.recordCount()).isEqualTo(2);
        assertThat(behind).isEqualTo(batch.lsn() + Fillings.HEADER + 40 + 96);
        MemorySegment memory = batch.memory().memory();
        int at = Fillings.HEADER + 40;
        assertThat(RecordDescriptor.check(memory, at, batch.length())).isEqualTo(Defect.NONE);
        assertThat(RecordDescriptor.flags(memory, at)).isEqualTo(RecordDescriptor.FLAG_FILLER);
        assertThat(RecordDescriptor.alignedLength(RecordDescriptor.length(memory, at))).isEqualTo(96);
        assertThat(RecordDescriptor.checkCrc(memory, at, new RecordDescriptor.Place(segment.salt(), batch.lsn() + at), new Checksum()))
            .isEqualTo(Defect.NONE);
        assertThat(memory.asSlice(at + RecordDescriptor.HEADER_LENGTH, 96 - RecordDescriptor.HEADER_LENGTH).toArray(
            ValueLayout.JAVA_BYTE)).as("nothing of the broken copy is left").containsOnly(0);
    }

    @Test
    void aFillerTakesNoSequenceAndTellsNobody() {
        List<Appended> told = new ArrayList<>();
        AppendListener listener = new AppendListener() {
            @Override
            public void appended(long lsn, long sequence, Object attachment) {
                told.add(new Appended(lsn, sequence));
            }

            @Override
            public void failed(IndeterminateAppendException failure, Object attachment) {
                throw failure;
            }
        };
        Appender.Target target = new Appender.Target(listener, null, AckLevel.DURABLE);
        long first = appender.append(Fillings.record(40), target);
        assertThatThrownBy(() -> appender.append(new Breaking(1, 48), target)).isInstanceOf(IllegalStateException.class);
        long second = appender.append(Fillings.record(40), target);
        BatchBuffer batch = placement.open();
        placement.closeOpen();
        batch.acks().settle(batch.ackCount(), batch.lsn(), 100);
        batch.acks().reached(AckLevel.DURABLE, Runnable::run);
        assertThat(told).containsExactly(new Appended(first, 100), new Appended(second, 101));
    }

    @Test
    void aLargeRecordThatCannotBeCopiedCostsNoPlaceAndNoMemory() {
        BatchBuffer open = placement.open();
        int lent = buffers.lent();
        assertThatThrownBy(() -> appender.append(new Breaking(1, Fillings.BATCH_LENGTH), Fillings.nobody()))
            .hasMessage("the memory is gone");
        assertThat(buffers.lent()).isEqualTo(lent);
        assertThat(placement.open()).isSameAs(open);
        assertThat(open.isEmpty()).isTrue();
    }

    @Test
    void aLargeRecordTravelsAloneBetweenTheBatchesAroundIt() {
        long before = appender.append(Fillings.record(40), Fillings.nobody());
        long large = appender.append(Fillings.record(Fillings.BATCH_LENGTH), Fillings.nobody());
        long after = appender.append(Fillings.record(40), Fillings.nobody());
        assertThat(before).isEqualTo(segment.lsnOfBlock(1) + Fillings.HEADER);
        assertThat(large).isEqualTo(segment.lsnOfBlock(2) + Fillings.HEADER);
        assertThat(after).isEqualTo(segment.lsnOfBlock(2 + 5) + Fillings.HEADER);
    }

    @Test
    void recordsTooManyForOneListOfWaitersTravelAlone() {
        RecordBatch many = new RecordBatch();
        for (int i = 0; i <= BatchBuffer.RECORD_COUNT_MAX; i++) {
            many.add(new byte[0]);
        }
        long lsn = appender.append(many.records(), Fillings.nobody());
        BatchBuffer alone = first.next();
        assertThat(lsn).isEqualTo(alone.lsn() + Fillings.HEADER);
        assertThat(alone.recordCount()).isEqualTo(BatchBuffer.RECORD_COUNT_MAX + 1);
        assertThat(alone.ackCount()).isEqualTo(1);
    }

    private static DriverSeat taken(DriverSeat seat) {
        assertThat(seat.take(DriverSeat.Holder.AGENT)).isTrue();
        return seat;
    }
}

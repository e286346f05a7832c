package dev.varve.wal;

import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * What an appending thread does: place, copy, publish, in that order; the checksum was computed before. Any thread.
 *
 * <p>Invariant: once a place is given, it is published whatever happens; if the bytes cannot be copied it holds a filler of the same
 * length.
 */
final class Appender {
    private final Placement placement;
    private final BatchBuffers buffers;
    private final DriverSeat seat;
    private final int batchLength;

    Appender(Placement placement, BatchBuffers buffers, DriverSeat seat, int batchLength) {
        this.placement = placement;
        this.buffers = buffers;
        this.seat = seat;
        this.batchLength = batchLength;
    }

    /**
     * Who is told what became of the records.
     *
     * @param receiver   a thread, a future or a listener; null for nobody
     * @param attachment given to a listener
     * @param level      what it waits for
     */
    record Target(Object receiver, Object attachment, AckLevel level) {
        /** Whether it is a thread that will drive the log itself if nobody does, see {@link LogAgent#drive}. */
        boolean isDriving() {
            return level == AckLevel.DURABLE && receiver instanceof Thread thread && !thread.isVirtual();
        }
    }

    /**
     * Appends records that stay together.
     *
     * @return the first one's LSN, or {@link WriteAheadLog#BACK_PRESSURED}
     */
    long append(Records records, Target target) {
        if (records.bytes() > batchLength - BatchHeaderDescriptor.LENGTH || records.count() > BatchBuffer.RECORD_COUNT_MAX) {
            return appendAlone(records, target);
        }
        Placement.Claimed place = new Placement.Claimed();
        if (!placement.place(records.bytes(), records.count(), place)) {
            return WriteAheadLog.BACK_PRESSURED;
        }
        // Read before it is published: afterwards the batch may be written, acknowledged and opened again elsewhere.
        long lsn = place.lsn();
        boolean isFilled = false;
        try {
            write(records, place.batch(), place.offset());
            AckList acks = place.batch().acks();
            for (int i = 1; i < records.count(); i++) {
                acks.set(place.index() + i, place.offset() + records.offset(i), null);
            }
            acks.set(place.index(), place.offset(), target);
            isFilled = true;
        } finally {
            if (!isFilled) {
                fill(place, records);
            }
            place.batch().publish(records.bytes());
            seat.published(place.batch(), target.isDriving());
        }
        return lsn;
    }

    private static void write(Records records, BatchBuffer batch, int at) {
        records.write(batch.memory().memory(), at, new RecordDescriptor.Place(batch.segment().salt(), batch.lsn() + at));
    }

    private static void fill(Placement.Claimed place, Records records) {
        BatchBuffer batch = place.batch();
        MemorySegment memory = batch.memory().memory();
        MemorySegment zeros = memory.asSlice(place.offset() + RecordDescriptor.HEADER_LENGTH,
            records.bytes() - RecordDescriptor.HEADER_LENGTH).fill((byte) 0);
        OneRecord filler = OneRecord.of(RecordDescriptor.meta(0, RecordDescriptor.FLAG_FILLER), zeros);
        filler.bind(memory, place.offset(), new RecordDescriptor.Place(batch.segment().salt(), place.lsn()));
        for (int i = 0; i < records.count(); i++) {
            batch.acks().setFiller(place.index() + i);
        }
        batch.countFillers(records.count());
    }

    /** Records that no batch buffer holds travel alone, in memory of their own, which is obtained before a place is taken. */
    private long appendAlone(Records records, Target target) {
        AlignedBuffer memory = buffers.memory((long) BatchHeaderDescriptor.LENGTH + records.bytes());
        if (memory == null) {
            return WriteAheadLog.BACK_PRESSURED;
        }
        long lsn = WriteAheadLog.BACK_PRESSURED;
        try {
            // Once without a place, so that bytes that cannot be copied are found before one is given.
            records.write(memory.memory(), BatchHeaderDescriptor.LENGTH, new RecordDescriptor.Place(0, 0));
            lsn = appendInPlace(records, memory, target);
        } finally {
            if (lsn < 0) {
                buffers.release(memory);
                // Meanwhile the driver may have lacked it to open a batch in.
                seat.call();
            }
        }
        return lsn;
    }

    /**
     * Appends records that are already written into memory of their own, behind room for the batch header.
     *
     * @return the first one's LSN; if negative, the memory is still the caller's
     */
    long appendInPlace(Records records, AlignedBuffer memory, Target target) {
        BatchBuffer batch = placement.placeLarge(memory, records.bytes(), records.count());
        if (batch == null) {
            return WriteAheadLog.BACK_PRESSURED;
        }
        long lsn = batch.lsn() + BatchHeaderDescriptor.LENGTH;
        records.bind(memory.memory(), BatchHeaderDescriptor.LENGTH, new RecordDescriptor.Place(batch.segment().salt(), lsn));
        batch.acks().set(0, BatchHeaderDescriptor.LENGTH, target);
        batch.publish(records.bytes());
        seat.published(batch, target.isDriving());
        return lsn;
    }
}

package dev.varve.wal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Payloads that tests can tell apart, and how they are read back. */
final class Payloads {
    private Payloads() {
    }

    /** So many bytes that only this seed gives. */
    static byte[] of(long seed, int length) {
        byte[] payload = new byte[length];
        new SplittableRandom(seed).nextBytes(payload);
        return payload;
    }

    /** A record that says which thread appended it, and as which of its own. */
    static byte[] numbered(int thread, int index, int length) {
        byte[] payload = of(((long) thread << Integer.SIZE) + index, Math.max(length, 8));
        MemorySegment memory = MemorySegment.ofArray(payload);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, 0, thread);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, 4, index);
        return payload;
    }

    static int thread(byte[] numbered) {
        return MemorySegment.ofArray(numbered).get(ValueLayout.JAVA_INT_UNALIGNED, 0);
    }

    static int index(byte[] numbered) {
        return MemorySegment.ofArray(numbered).get(ValueLayout.JAVA_INT_UNALIGNED, 4);
    }

    /** A record as a reader sees it. */
    static final class Read {
        private final long lsn;
        private final long sequence;
        private final int kind;
        private final byte[] payload;

        private Read(Cursor cursor) {
            this.lsn = cursor.lsn();
            this.sequence = cursor.sequence();
            this.kind = cursor.kind();
            this.payload = cursor.payload().toArray(ValueLayout.JAVA_BYTE);
        }

        long lsn() {
            return lsn;
        }

        long sequence() {
            return sequence;
        }

        int kind() {
            return kind;
        }

        byte[] payload() {
            return payload.clone();
        }
    }

    /** Everything that is durable now. */
    static List<Read> all(WriteAheadLog log) {
        List<Read> records = new ArrayList<>();
        try (Cursor cursor = log.read(0)) {
            while (cursor.next()) {
                records.add(new Read(cursor));
            }
        }
        return records;
    }
}

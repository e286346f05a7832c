package dev.varve.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * What lies in the files of a log that nothing has damaged: read by the test itself, from the offsets that {@code docs/format.md} gives and
 * nothing else.
 */
final class WrittenLog {
    private static final int SLOT_DISTANCE = 65536;
    private static final int DATA = 1;

    /**
     * One batch whose header is valid.
     *
     * @param isLive  whether the log holds it; false for what was discarded or never acknowledged
     * @param isWhole whether its body is valid, too; if not, it is not live
     */
    record Batch(long segment, int block, int blocks, long number, long firstSequence, int count, int kind, long synced, long previousChain,
                 long chain, boolean isLive, boolean isWhole, List<Written> records) {
        long endSequence() {
            return firstSequence + count;
        }

        boolean hasRecords() {
            return kind == DATA;
        }
    }

    /** One record. */
    @SuppressWarnings("ArrayRecordComponent") // Compared by its text.
    record Written(long lsn, long sequence, int kind, byte[] payload) {
        @Override
        public String toString() {
            return lsn + "/" + sequence + "/" + kind + "/" + payload.length + "/" + Arrays.hashCode(payload);
        }
    }

    /** One live segment. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Segment(long number, byte[] file, long at, int blockSize, int blockCount, List<Batch> batches) {
        long field(int offset) {
            return buffer(file).getLong((int) at + offset);
        }

        long salt() {
            return field(32);
        }

        long baseLsn() {
            return field(64);
        }

        long limitLsn() {
            return baseLsn() + (long) blockSize * blockCount;
        }

        boolean isOrigin() {
            return buffer(file).getInt((int) at + 96) == 1;
        }

        long predecessor() {
            return field(88);
        }

        long endLsn() {
            return field(120);
        }
    }

    /** The manifest's words. */
    record Named(long generation, long lowest, long highest, long durableBatch, long durableSegment) {
    }

    private final Map<String, byte[]> files;
    private final Named manifest;
    private final List<Segment> segments = new ArrayList<>();

    WrittenLog(Map<String, byte[]> files) {
        this.files = files;
        this.manifest = manifest(files.get("MANIFEST"));
        long number = manifest.highest();
        Segment last = segment(number);
        if (last == null) {
            last = segment(--number);
        }
        Segment successor = null;
        for (Segment present = last; present != null;) {
            fill(present, successor);
            segments.addFirst(present);
            successor = present;
            boolean isLowest = present.isOrigin() || present.predecessor() < manifest.lowest();
            present = isLowest ? null : segment(present.predecessor());
        }
    }

    static ByteBuffer buffer(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    static int crc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    /** The newest valid slot; null if there is none. */
    static Named manifest(byte[] bytes) {
        Named newest = null;
        for (int at = 0; bytes != null && at + 4096 <= bytes.length; at += SLOT_DISTANCE) {
            ByteBuffer in = buffer(bytes);
            if (in.getInt(at) == 0x4d565256 && in.getInt(at + 124) == crc(bytes, at, 124)) {
                Named slot = new Named(in.getLong(at + 24), in.getLong(at + 40), in.getLong(at + 48), in.getLong(at + 56),
                    in.getLong(at + 64));
                newest = newest == null || slot.generation() > newest.generation() ? slot : newest;
            }
        }
        return newest;
    }

    static String name(long segment) {
        return HexFormat.of().toHexDigits(segment) + ".varve";
    }

    Named manifest() {
        return manifest;
    }

    /** The live segments, lowest first. */
    List<Segment> segments() {
        return segments;
    }

    private Segment segment(long number) {
        byte[] file = files.get(name(number));
        if (file == null) {
            return null;
        }
        Segment first = segment(number, file, 0);
        return first == null ? segment(number, file, file.length - 4096) : first;
    }

    private static Segment segment(long number, byte[] file, int at) {
        ByteBuffer in = buffer(file);
        boolean isHeader = in.getInt(at) == 0x53565256 && in.getInt(at + 252) == crc(file, at, 252) && in.getLong(at + 24) == number;
        return isHeader ? new Segment(number, file, at, in.getInt(at + 48), in.getInt(at + 52), new ArrayList<>()) : null;
    }

    private static void fill(Segment segment, Segment successor) {
        long end = successor == null ? segment.limitLsn() : successor.endLsn();
        int endBlock = (int) ((end - segment.baseLsn()) / segment.blockSize());
        int expected = 1;
        for (int block = 1; block < segment.blockCount() - 1; block++) {
            Batch batch = batch(segment, block, block == expected && block < endBlock);
            if (batch != null) {
                segment.batches().add(batch);
                expected = batch.isLive() ? block + batch.blocks() : expected;
                block += batch.blocks() - 1;
            }
        }
    }

    private static Batch batch(Segment segment, int block, boolean isLive) {
        byte[] file = segment.file();
        ByteBuffer in = buffer(file);
        int at = block * segment.blockSize();
        boolean isOwn = in.getInt(at) == 0x42565256 && in.getInt(at + 124) == crc(file, at, 124) && in.getLong(at + 16) == segment.salt()
            && in.getLong(at + 24) == segment.number() && in.getInt(at + 56) == block;
        if (!isOwn) {
            return null;
        }
        int blocks = in.getInt(at + 60);
        int bodyCrc = in.getInt(at + 120);
        boolean isWhole = at + blocks * segment.blockSize() <= file.length
            && bodyCrc == crc(file, at + 128, blocks * segment.blockSize() - 128);
        long chain = ((long) in.getInt(at + 124) << 32 | Integer.toUnsignedLong(bodyCrc)) * 0x9E3779B97F4A7C15L;
        List<Written> records = isWhole && in.get(at + 6) == DATA ? records(segment, in, at) : List.of();
        return new Batch(segment.number(), block, blocks, in.getLong(at + 40), in.getLong(at + 48), in.getInt(at + 68), in.get(at + 6),
            in.getLong(at + 80), in.getLong(at + 88), chain, isLive && isWhole, isWhole, records);
    }

    private static List<Written> records(Segment segment, ByteBuffer in, int batchAt) {
        List<Written> records = new ArrayList<>();
        long sequence = in.getLong(batchAt + 48);
        int at = batchAt + 128;
        int end = at + in.getInt(batchAt + 64);
        while (at < end) {
            int length = in.getInt(at);
            if ((in.getShort(at + 10) & 1) == 0) {
                byte[] payload = new byte[length];
                in.get(at + 16, payload);
                records.add(new Written(segment.baseLsn() + at, sequence++, Short.toUnsignedInt(in.getShort(at + 8)), payload));
            }
            at += 16 + length + 7 & -8;
        }
        return records;
    }

    /** All records that the log holds. */
    List<Written> records() {
        TreeMap<Long, Written> records = new TreeMap<>();
        segments.forEach(segment -> segment.batches().stream().filter(Batch::isLive)
            .forEach(batch -> batch.records().forEach(record -> records.put(record.lsn(), record))));
        return List.copyOf(records.values());
    }
}

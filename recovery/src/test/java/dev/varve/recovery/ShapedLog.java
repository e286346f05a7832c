package dev.varve.recovery;

import dev.varve.engine.io.IoQueue;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.RecoveryOptions.Progress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A small log at rest of which everything is known: which structure each byte belongs to, and which records it holds. Made by
 * {@link LogShape}; owned by one thread.
 *
 * @param image   its files, changed and changed back by whoever damages them
 * @param batches every batch that lies in it, in order, those that a crash has left unfinished included
 * @param headers of its segments, lowest first
 * @param records what was appended, in order, as far as a whole log shows it
 * @param parts   for each file, by their first byte, the structures that lie in it: no byte is in none
 */
record ShapedLog(DiskImage image, List<Placed> batches, List<SegmentHeader> headers, List<Held> records,
                 Map<String, TreeMap<Long, Part>> parts) {
    static final int BLOCK = 4096;

    /** What bytes are for. */
    enum Kind {
        SLOT, HEADER, COPY, BATCH_HEADER, BATCH_BODY, FREE
    }

    /**
     * A batch, and what a crash left of it.
     *
     * @param header        its header
     * @param recordsBefore how many records of the log lie before it
     * @param isHeaderWhole false if its header is gone
     * @param isBodyWhole   false if its body is torn
     */
    record Placed(BatchHeader header, int recordsBefore, boolean isHeaderWhole, boolean isBodyWhole) {
        long segment() {
            return header.life().segment();
        }

        String file() {
            return SegmentName.of(segment());
        }

        long offset() {
            return (long) header.content().block() * BLOCK;
        }

        long end() {
            return (long) header.endBlock() * BLOCK;
        }
    }

    /**
     * A record as it is to be read.
     *
     * @param lsn      where it lies
     * @param sequence its number
     * @param payload  what it holds
     */
    record Held(long lsn, long sequence, String payload) {
    }

    /**
     * A structure in a file, or a gap between two.
     *
     * @param kind  what it is
     * @param index the slot's, the segment's or the batch's place in its list; of a gap, of no meaning
     * @param from  its first byte
     * @param to    the byte behind it
     */
    record Part(Kind kind, int index, long from, long to) {
    }

    static ShapedLog of(LogFixture log, List<Placed> batches, List<SegmentHeader> headers) {
        DiskImage image = DiskImage.of(log);
        Map<String, TreeMap<Long, Part>> parts = new TreeMap<>();
        for (int slot = 0; slot < 2; slot++) {
            long from = (long) slot * ManifestDescriptor.SLOT_DISTANCE;
            put(parts, SegmentName.MANIFEST, new Part(Kind.SLOT, slot, from, from + ManifestDescriptor.LENGTH));
        }
        for (int i = 0; i < headers.size(); i++) {
            String file = SegmentName.of(headers.get(i).segment());
            long copy = (long) headers.get(i).geometry().copyBlock() * BLOCK;
            put(parts, file, new Part(Kind.HEADER, i, 0, SegmentHeaderDescriptor.LENGTH));
            put(parts, file, new Part(Kind.COPY, i, copy, copy + SegmentHeaderDescriptor.LENGTH));
        }
        for (int i = 0; i < batches.size(); i++) {
            Placed batch = batches.get(i);
            long body = batch.offset() + 128;
            put(parts, batch.file(), new Part(Kind.BATCH_HEADER, i, batch.offset(), body));
            put(parts, batch.file(), new Part(Kind.BATCH_BODY, i, body, batch.end()));
        }
        parts.forEach((file, of) -> fillGaps(of, image.file(file).byteSize()));
        ShapedLog shaped = new ShapedLog(image, batches, headers, new ArrayList<>(), parts);
        try (Examiner examiner = new Examiner(image)) {
            shaped.records.addAll(examiner.read(examiner.inspect().chain()));
        }
        return shaped;
    }

    private static void put(Map<String, TreeMap<Long, Part>> parts, String file, Part part) {
        parts.computeIfAbsent(file, _ -> new TreeMap<>()).put(part.from(), part);
    }

    private static void fillGaps(TreeMap<Long, Part> parts, long length) {
        long at = 0;
        for (Part part : List.copyOf(parts.values())) {
            if (part.from() > at) {
                parts.put(at, new Part(Kind.FREE, 0, at, part.from()));
            }
            at = part.to();
        }
        if (at < length) {
            parts.put(at, new Part(Kind.FREE, 0, at, length));
        }
    }

    /** The structure that holds a byte. */
    Part partAt(String file, long offset) {
        return parts.get(file).floorEntry(offset).getValue();
    }

    /** Looks at an image as often as one likes, with the same memory. Owned by one thread. */
    static final class Examiner implements AutoCloseable, MemorySource {
        private static final InspectionOptions ALL = new InspectionOptions(true, Progress.NONE);
        private final DiskImage image;
        private final IoQueue queue;
        private final List<MemorySegment> free = new ArrayList<>();

        Examiner(DiskImage image) {
            this.image = image;
            this.queue = new IoQueue(image.openEngine(32));
        }

        private Recovery.Resources resources() {
            return new Recovery.Resources(queue, this, new Random(0));
        }

        Inspection inspect() {
            return Recovery.inspect(image.openDirectory(null, false), resources(), ALL);
        }

        RecordReader reader(SegmentChain chain) {
            return RecordReader.open(image.openDirectory(null, false), resources(), chain, 0);
        }

        List<Held> read(SegmentChain chain) {
            List<Held> read = new ArrayList<>();
            try (RecordReader reader = reader(chain)) {
                while (reader.next()) {
                    byte[] payload = reader.payload().toArray(ValueLayout.JAVA_BYTE);
                    read.add(new Held(reader.lsn(), reader.sequence(), new String(payload, StandardCharsets.ISO_8859_1)));
                }
            }
            return read;
        }

        @Override
        public MemorySegment allocate(long length, int alignment) {
            for (int i = free.size() - 1; i >= 0; i--) {
                if (free.get(i).byteSize() == length) {
                    return free.remove(i);
                }
            }
            return Arena.ofAuto().allocate(length, alignment);
        }

        @Override
        public void free(MemorySegment memory) {
            free.add(memory);
        }

        @Override
        public void close() {
            queue.close();
        }
    }
}

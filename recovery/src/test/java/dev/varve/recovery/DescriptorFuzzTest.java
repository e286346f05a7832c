package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.FooterDescriptor;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Each structure of the format, from bytes that anybody may have written: its descriptor says what is wrong or decodes it, reads nothing
 * beyond its end, and what it decodes it writes as the same bytes. {@code -Dvarve.seeds=N} runs more of them.
 */
class DescriptorFuzzTest {
    private static final int INPUTS = 25 * Integer.getInteger("varve.seeds", 8_000);
    private static final long SEED = 1;
    private static final int BLOCK = 4096;

    /** A structure: where its checksum lies, and what its descriptor does with bytes. */
    private enum Structure {
        MANIFEST(ManifestDescriptor.CRC_OFFSET, ManifestDescriptor.LENGTH),
        SEGMENT(SegmentHeaderDescriptor.CRC_OFFSET, SegmentHeaderDescriptor.LENGTH),
        BATCH(BatchHeaderDescriptor.HEADER_CRC_OFFSET, BatchHeaderDescriptor.LENGTH),
        FOOTER(FooterDescriptor.CRC_OFFSET, FooterDescriptor.HEADER_LENGTH),
        RECORD(RecordDescriptor.CRC_OFFSET, RecordDescriptor.HEADER_LENGTH);

        private final int crcOffset;
        private final int length;

        Structure(int crcOffset, int length) {
            this.crcOffset = crcOffset;
            this.length = length;
        }

        Defect check(MemorySegment bytes) {
            return switch (this) {
                case MANIFEST -> ManifestDescriptor.check(bytes, 0);
                case SEGMENT -> SegmentHeaderDescriptor.check(bytes, 0);
                case BATCH -> BatchHeaderDescriptor.check(bytes, 0);
                case FOOTER -> FooterDescriptor.check(bytes, 0, bytes.byteSize());
                case RECORD -> RecordDescriptor.check(bytes, 0, bytes.byteSize());
            };
        }

        /** Decodes the bytes and writes what came out. */
        void rewrite(MemorySegment bytes, MemorySegment to) {
            switch (this) {
                case MANIFEST -> ManifestDescriptor.encode(ManifestDescriptor.decode(bytes, 0), to, 0);
                case SEGMENT -> SegmentHeaderDescriptor.encode(SegmentHeaderDescriptor.decode(bytes, 0), to, 0);
                case BATCH -> BatchHeaderDescriptor.encode(BatchHeaderDescriptor.decode(bytes, 0), to, 0);
                case FOOTER -> FooterDescriptor.encode(FooterDescriptor.decode(bytes, 0), to, 0);
                case RECORD -> RecordDescriptor.encode(to, 0, new RecordDescriptor.Frame(RecordDescriptor.length(bytes, 0),
                    RecordDescriptor.meta(RecordDescriptor.kind(bytes, 0), RecordDescriptor.flags(bytes, 0)),
                    RecordDescriptor.storedCrc(bytes, 0)));
            }
        }
    }

    /** One genuine example of each structure. */
    private static Map<Structure, byte[]> examples() {
        LogFixture log = LogFixture.simulated(5);
        TestWriter writer = log.open();
        writer.append("record one");
        writer.append("record two");
        int seal = writer.seal().content().block() * BLOCK + BatchHeaderDescriptor.LENGTH;
        log.crash();
        byte[] manifest = log.damage().bytes(SegmentName.MANIFEST);
        byte[] segment = log.damage().bytes(LogFixture.SEGMENT_1);
        int slot = Math.toIntExact(ManifestDescriptor.slotOffset(writer.manifest().generation()));
        Map<Structure, byte[]> examples = new EnumMap<>(Structure.class);
        examples.put(Structure.MANIFEST, slice(manifest, slot, ManifestDescriptor.LENGTH));
        examples.put(Structure.SEGMENT, slice(segment, 0, SegmentHeaderDescriptor.LENGTH));
        examples.put(Structure.BATCH, slice(segment, BLOCK, BatchHeaderDescriptor.LENGTH));
        examples.put(Structure.FOOTER, slice(segment, seal, FooterDescriptor.HEADER_LENGTH + FooterDescriptor.ENTRY_LENGTH
            * ByteBuffer.wrap(segment).order(ByteOrder.LITTLE_ENDIAN).getInt(seal + FooterDescriptor.ENTRY_COUNT_OFFSET)));
        examples.put(Structure.RECORD, slice(segment, BLOCK + BatchHeaderDescriptor.LENGTH, 32));
        return examples;
    }

    private static byte[] slice(byte[] bytes, int from, int length) {
        return Arrays.copyOfRange(bytes, from, from + length);
    }

    private static byte[] changed(byte[] example, Random random) {
        int length = random.nextInt(8) == 0 ? random.nextInt(example.length + 64) : example.length;
        byte[] bytes = Arrays.copyOf(example, length);
        for (int i = random.nextInt(4); i > 0 && length > 0; i--) {
            int at = random.nextInt(length);
            bytes[at] = switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> (byte) 0xff;
                case 2 -> (byte) (bytes[at] ^ 1 << random.nextInt(Byte.SIZE));
                default -> (byte) random.nextInt();
            };
        }
        if (random.nextInt(16) == 0) {
            random.nextBytes(bytes);
        }
        return bytes;
    }

    @Test
    void everyStructureIsRefusedOrWrittenAsItWasRead() {
        Map<Structure, byte[]> examples = examples();
        Random random = new Random(SEED);
        List<Structure> structures = List.of(Structure.values());
        Map<Structure, Integer> valid = new EnumMap<>(Structure.class);
        long startNs = System.nanoTime();
        for (int i = 0; i < INPUTS; i++) {
            Structure structure = structures.get(i % structures.size());
            byte[] input = changed(examples.get(structure), random);
            MemorySegment bytes = MemorySegment.ofArray(input);
            if (structure != Structure.RECORD && input.length >= structure.crcOffset + Integer.BYTES && random.nextInt(8) > 0) {
                ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(structure.crcOffset, Checksum.of(bytes, 0, structure.crcOffset));
            }
            if (structure.check(bytes) == Defect.NONE) {
                byte[] output = input.clone();
                Arrays.fill(output, 0, structure.length, (byte) 0xa5);
                structure.rewrite(bytes, MemorySegment.ofArray(output));
                assertThat(output).as("%s, input %d of seed %d", structure, i, SEED).isEqualTo(input);
                valid.merge(structure, 1, Integer::sum);
            }
        }
        System.out.println("fuzzing descriptors: seed " + SEED + ", " + INPUTS + " inputs in " + (System.nanoTime() - startNs) / 1_000_000
            + " ms, valid of each kind: " + valid);
        assertThat(valid.keySet()).containsAll(structures);
        assertThat(valid.values()).allMatch(count -> count > INPUTS / 100);
    }
}

package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Disturbs a directory at random: bits, sectors, blocks and files as a device or an operator may, and fields of which the CRC is repaired,
 * as only a faulty writer or a newer version would write them. Owned by one thread.
 */
final class LogMutator {
    private static final int BLOCK = ShapedLog.BLOCK;
    private static final int SECTOR = 512;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** A structure that ends with its CRC. */
    private record Enveloped(MemorySegment bytes, int crcOffset) {
    }

    private final DiskImage image;
    private final DiskImage other;
    private final Random random;
    private final StringBuilder story = new StringBuilder();

    /**
     * Makes a mutator.
     *
     * @param image  what it changes
     * @param other  another log, of which it takes files
     * @param random decides
     */
    LogMutator(DiskImage image, DiskImage other, Random random) {
        this.image = image;
        this.other = other;
        this.random = random;
    }

    /** What was done. */
    @Override
    public String toString() {
        return story.toString();
    }

    void mutate() {
        List<String> segments = image.names().stream().filter(name -> SegmentName.segmentIn(name) > 0).toList();
        int what = random.nextInt(20);
        if (segments.isEmpty()) {
            return;
        }
        String name = segments.get(random.nextInt(segments.size()));
        story.append(what).append(' ').append(name).append("; ");
        switch (what) {
            case 0, 1, 2 -> flip(name);
            case 3, 4 -> flip(SegmentName.MANIFEST);
            case 5, 6 -> loseSector(name);
            case 7, 8 -> copyBlock(name, segments.get(random.nextInt(segments.size())));
            case 9 -> image.remove(name);
            case 10 -> image.put(segments.get(random.nextInt(segments.size())), image.bytes(name));
            case 11 -> image.put(SegmentName.of(1 + random.nextInt(6)), image.bytes(name));
            case 12 -> image.put(name, Arrays.copyOf(image.bytes(name), length(name)));
            case 13 -> image.put(name, other.bytes(other.names().getFirst()));
            case 14 -> setBackSlot();
            case 15 -> image.put(name, new byte[image.bytes(name).length]);
            default -> forge();
        }
    }

    private int length(String name) {
        int whole = (int) image.file(name).byteSize();
        return random.nextBoolean() ? random.nextInt(whole + 2 * BLOCK) : random.nextInt(whole / BLOCK + 3) * BLOCK;
    }

    private void flip(String name) {
        MemorySegment bytes = image.file(name);
        if (bytes == null || bytes.byteSize() == 0) {
            return;
        }
        long block = random.nextInt((int) (bytes.byteSize() / BLOCK) + 1) * (long) BLOCK;
        if (name.equals(SegmentName.MANIFEST)) {
            block = random.nextInt(2) * (long) ManifestDescriptor.SLOT_DISTANCE;
        }
        long at = Math.min(bytes.byteSize() - 1, block + random.nextInt(random.nextBoolean() ? 160 : BLOCK));
        bytes.set(BYTE, at, (byte) (bytes.get(BYTE, at) ^ 1 << random.nextInt(8)));
    }

    private void loseSector(String name) {
        MemorySegment bytes = image.file(name);
        long sectors = bytes.byteSize() / SECTOR;
        if (sectors > 0) {
            byte[] content = new byte[SECTOR];
            if (random.nextBoolean()) {
                random.nextBytes(content);
            }
            bytes.asSlice(random.nextLong(sectors) * SECTOR, SECTOR).copyFrom(MemorySegment.ofArray(content));
        }
    }

    private void copyBlock(String from, String to) {
        long sources = image.file(from).byteSize() / BLOCK;
        long targets = image.file(to).byteSize() / BLOCK;
        if (sources > 0 && targets > 0) {
            image.file(to).asSlice(random.nextLong(targets) * BLOCK, BLOCK)
                .copyFrom(image.file(from).asSlice(random.nextLong(sources) * BLOCK, BLOCK));
        }
    }

    private void setBackSlot() {
        MemorySegment bytes = image.file(SegmentName.MANIFEST);
        if (bytes == null) {
            return;
        }
        int from = random.nextInt(2) * ManifestDescriptor.SLOT_DISTANCE;
        MemorySegment content = random.nextInt(4) == 0 ? MemorySegment.ofArray(new byte[BLOCK]) : bytes.asSlice(from, BLOCK);
        bytes.asSlice(ManifestDescriptor.SLOT_DISTANCE - from, BLOCK).copyFrom(content);
    }

    /** Changes a field, or the version, of some structure, and makes its CRC right again. */
    private void forge() {
        List<Enveloped> all = enveloped();
        if (all.isEmpty()) {
            return;
        }
        int which = random.nextInt(all.size());
        Enveloped one = all.get(which);
        int at = random.nextInt(10) == 0 ? 4 : 6 + random.nextInt(one.crcOffset() - 6);
        int bit = random.nextInt(3) == 0 ? random.nextInt(Byte.SIZE) : random.nextInt(3);
        one.bytes().set(BYTE, at, (byte) (one.bytes().get(BYTE, at) ^ 1 << bit));
        one.bytes().set(INT, one.crcOffset(), Checksum.of(one.bytes(), 0, one.crcOffset()));
        story.append("byte ").append(at).append(" bit ").append(bit).append(" of structure ").append(which).append("; ");
    }

    private List<Enveloped> enveloped() {
        List<Enveloped> all = new ArrayList<>();
        for (String name : image.names()) {
            MemorySegment bytes = image.file(name);
            for (long at = 0; at + BLOCK <= bytes.byteSize(); at += BLOCK) {
                int crcOffset = switch (bytes.get(INT, at)) {
                    case BatchHeaderDescriptor.MAGIC -> BatchHeaderDescriptor.HEADER_CRC_OFFSET;
                    case SegmentHeaderDescriptor.MAGIC -> SegmentHeaderDescriptor.CRC_OFFSET;
                    case ManifestDescriptor.MAGIC -> ManifestDescriptor.CRC_OFFSET;
                    default -> 0;
                };
                if (crcOffset > 0) {
                    all.add(new Enveloped(bytes.asSlice(at, BLOCK), crcOffset));
                }
            }
        }
        return all;
    }
}

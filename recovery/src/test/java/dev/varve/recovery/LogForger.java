package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.FooterDescriptor;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.LogRepair.Part;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Makes out of genuine logs what nobody would write: bytes that rot, fields that lie, files exchanged and spliced, and then, mostly, with
 * checksums that are right again. Everything comes from the given chance.
 *
 * <p>Owned by one thread.
 */
final class LogForger {
    private static final int BLOCK = 4096;
    private static final long[] LONGS = {0, 1, 2, -1, Long.MAX_VALUE, Long.MIN_VALUE, SegmentHeaderDescriptor.NUMBER_MAX,
        SegmentHeaderDescriptor.NUMBER_MAX + 1, SegmentHeaderDescriptor.NUMBER_MAX - 1, 1L << 31, 1L << 32, 1L << 48};
    private static final int[] INTS = {0, 1, 2, -1, 7, 8, 4095, 4096, 8192, 65536, 1 << 20, 1 << 30, Integer.MAX_VALUE, Integer.MIN_VALUE,
        Integer.MAX_VALUE - 15};

    private final List<LogImage> corpus;
    private final Random random;
    private LogImage image;

    LogForger(List<LogImage> corpus, Random random) {
        this.corpus = corpus;
        this.random = random;
    }

    /** Changes an image in one to four places. */
    void change(LogImage newImage) {
        image = newImage;
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            if (image.segments().isEmpty()) {
                return;
            }
            switch (random.nextInt(10)) {
                case 0 -> rot();
                case 1 -> exchangeFiles();
                case 2 -> splice();
                case 3 -> changeLength();
                default -> changeField();
            }
        }
    }

    /** What is to be made right afterwards: nothing, everything, or some of it. */
    Set<Part> parts() {
        Set<Part> parts = EnumSet.noneOf(Part.class);
        int likely = switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> 60;
            default -> 95;
        };
        for (Part part : Part.values()) {
            if (random.nextInt(100) < likely) {
                parts.add(part);
            }
        }
        return parts;
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private String anyFile() {
        return any(image.names());
    }

    private LogImage other() {
        return any(corpus);
    }

    private void rot() {
        ByteBuffer file = image.changed(anyFile());
        if (file.capacity() == 0) {
            return;
        }
        int from = random.nextInt(file.capacity());
        // Mostly where something is.
        from = random.nextBoolean() ? from : (from & -BLOCK) | random.nextInt(Math.min(256, file.capacity()));
        int length = Math.min(file.capacity() - Math.min(from, file.capacity()), 1 << random.nextInt(14));
        byte[] bytes = new byte[length];
        switch (random.nextInt(4)) {
            case 0 -> random.nextBytes(bytes);
            case 1 -> Arrays.fill(bytes, (byte) 0xff);
            case 2 -> Arrays.fill(bytes, (byte) 0);
            default -> {
                file.get(Math.min(from, file.capacity()), bytes);
                if (length > 0) {
                    bytes[random.nextInt(length)] ^= (byte) (1 << random.nextInt(Byte.SIZE));
                }
            }
        }
        file.put(Math.min(from, file.capacity()), bytes);
    }

    /** Takes a file away, or puts it, or one of another log, under some name. */
    private void exchangeFiles() {
        LogImage from = other();
        String source = any(from.names());
        switch (random.nextInt(4)) {
            case 0 -> image.remove(anyFile());
            case 1 -> image.put(source, from.bytes(source));
            case 2 -> image.put(SegmentName.of(1 + random.nextInt(6)), image.bytes(anyFile()));
            default -> image.put(anyName(), random.nextBoolean() ? from.bytes(source) : new byte[random.nextInt(3 * BLOCK)]);
        }
    }

    private String anyName() {
        return switch (random.nextInt(6)) {
            case 0 -> SegmentName.spare(1 + random.nextInt(3));
            case 1 -> SegmentName.preparing(1 + random.nextInt(3));
            case 2 -> SegmentName.of(Long.MAX_VALUE - random.nextInt(2));
            case 3 -> "ffffffffffffffff.varve";
            case 4 -> "\u001b[2J.varve";
            default -> SegmentName.MANIFEST_NEW;
        };
    }

    /** Puts blocks of a log, perhaps another, perhaps of an earlier life, over blocks of this one. */
    private void splice() {
        LogImage from = random.nextBoolean() ? image : other();
        byte[] source = from.bytes(any(from.names()));
        ByteBuffer target = image.changed(anyFile());
        int blocks = 1 + random.nextInt(4);
        int sourceBlock = random.nextInt(1 + source.length / BLOCK);
        int targetBlock = random.nextInt(1 + target.capacity() / BLOCK);
        int length = Math.min(blocks * BLOCK, Math.min(source.length - sourceBlock * BLOCK, target.capacity() - targetBlock * BLOCK));
        if (length > 0) {
            target.put(targetBlock * BLOCK, Arrays.copyOfRange(source, sourceBlock * BLOCK, sourceBlock * BLOCK + length));
        }
    }

    private void changeLength() {
        String name = anyFile();
        byte[] bytes = image.bytes(name);
        int length = switch (random.nextInt(4)) {
            case 0 -> random.nextInt(1 + bytes.length);
            case 1 -> BLOCK * random.nextInt(1 + bytes.length / BLOCK);
            case 2 -> Math.max(0, bytes.length - 1 - random.nextInt(2 * BLOCK));
            default -> bytes.length + BLOCK * random.nextInt(16) + random.nextInt(2) * random.nextInt(BLOCK);
        };
        image.put(name, Arrays.copyOf(bytes, length));
    }

    /** Gives a field of some structure a value that is likely to be thought of wrongly. */
    private void changeField() {
        String name = random.nextInt(5) == 0 && image.names().contains(SegmentName.MANIFEST) ? SegmentName.MANIFEST
            : any(image.segments());
        ByteBuffer file = image.changed(name);
        if (file.capacity() < 2 * BLOCK) {
            return;
        }
        if (name.equals(SegmentName.MANIFEST)) {
            int slot = file.capacity() < ManifestDescriptor.FILE_LENGTH ? 0 : random.nextInt(2) * ManifestDescriptor.SLOT_DISTANCE;
            int field = change(file, slot, ManifestDescriptor.LENGTH);
            if (random.nextBoolean() && file.capacity() >= ManifestDescriptor.FILE_LENGTH) {
                long value = file.getLong((slot + field) & -Long.BYTES);
                file.putLong(slot + (field & -Long.BYTES), value);
                file.putLong((slot ^ ManifestDescriptor.SLOT_DISTANCE) + (field & -Long.BYTES), value);
            }
        } else {
            changeSegment(file);
        }
    }

    private void changeSegment(ByteBuffer file) {
        int block = BLOCK * random.nextInt(file.capacity() / BLOCK);
        for (int tries = 0; tries < 4 && file.getInt(block) == 0; tries++) {
            block = BLOCK * random.nextInt(file.capacity() / BLOCK);
        }
        if (file.getInt(block) == SegmentHeaderDescriptor.MAGIC || random.nextInt(6) == 0) {
            int field = change(file, 0, SegmentHeaderDescriptor.LENGTH) & -Long.BYTES;
            if (random.nextBoolean() && file.capacity() % BLOCK == 0) {
                file.putLong(file.capacity() - BLOCK + field, file.getLong(field));
            }
        } else if (random.nextInt(3) > 0) {
            change(file, block, BatchHeaderDescriptor.LENGTH);
        } else if (file.get(block + BatchHeaderDescriptor.KIND_OFFSET) == 2) {
            change(file, block + BatchHeaderDescriptor.LENGTH, FooterDescriptor.HEADER_LENGTH + 2 * FooterDescriptor.ENTRY_LENGTH);
        } else {
            change(file, block + BatchHeaderDescriptor.LENGTH, 4 * RecordDescriptor.HEADER_LENGTH);
        }
    }

    /** Changes one field; returns its offset in the structure. */
    private int change(ByteBuffer file, int structure, int length) {
        int width = random.nextBoolean() ? Long.BYTES : 1 << random.nextInt(3);
        int field = width * random.nextInt(length / width);
        int at = structure + field;
        switch (width) {
            case Byte.BYTES -> file.put(at, (byte) random.nextInt(random.nextBoolean() ? 4 : 256));
            case Short.BYTES -> file.putShort(at, (short) random.nextInt(random.nextBoolean() ? 4 : 65536));
            case Integer.BYTES -> file.putInt(at, switch (random.nextInt(3)) {
                case 0 -> INTS[random.nextInt(INTS.length)];
                case 1 -> file.getInt(at) + random.nextInt(-2, 3);
                default -> random.nextInt(64);
            });
            default -> file.putLong(at, switch (random.nextInt(4)) {
                case 0 -> LONGS[random.nextInt(LONGS.length)];
                case 1 -> file.getLong(at) + random.nextInt(-4, 5);
                case 2 -> random.nextInt(64);
                default -> random.nextLong();
            });
        }
        return field;
    }
}

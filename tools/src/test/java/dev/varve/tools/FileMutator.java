package dev.varve.tools;

import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Changes the files of a log, by chance, and makes the checksums of what it changed right again, mostly. One owner thread. */
final class FileMutator {
    private static final int BLOCK = 4096;
    private static final long[] VALUES = {0, 1, 2, 3, 7, -1, 4095, 4097, 1 << 30, Integer.MAX_VALUE, 1L << 62,
        Long.MAX_VALUE, Long.MIN_VALUE};

    private final Random random;

    FileMutator(Random random) {
        this.random = random;
    }

    /** Changes one to three things in a directory. */
    void change(Path log) throws IOException {
        for (int i = 1 + random.nextInt(3); i > 0; i--) {
            List<Path> files;
            try (Stream<Path> names = Files.list(log)) {
                files = names.sorted().toList();
            }
            if (files.isEmpty()) {
                return;
            }
            Path file = files.get(random.nextInt(files.size()));
            switch (random.nextInt(8)) {
                case 0 -> Files.delete(file);
                case 1 -> Files.move(file, log.resolve(name()), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                case 2 -> Files.write(file, Arrays.copyOf(Files.readAllBytes(file), random.nextInt(1 << 17)));
                default -> Files.write(file, changed(Files.readAllBytes(file)));
            }
        }
    }

    private String name() {
        return switch (random.nextInt(5)) {
            case 0 -> "\u001b]0;title\u0007.varve";
            case 1 -> "a\nb\rc\u007f.varve";
            case 2 -> "7fffffffffffffff.varve";
            case 3 -> SegmentName.MANIFEST;
            default -> SegmentName.of(1 + random.nextInt(4));
        };
    }

    private byte[] changed(byte[] bytes) {
        if (bytes.length < BLOCK) {
            return new byte[BLOCK];
        }
        ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int at = BLOCK * random.nextInt(bytes.length / BLOCK);
        for (int tries = 0; tries < 20 && file.getInt(at) == 0; tries++) {
            at = BLOCK * random.nextInt(bytes.length / BLOCK);
        }
        switch (random.nextInt(3)) {
            case 0 -> file.putInt(at + Integer.BYTES * random.nextInt(32), (int) VALUES[random.nextInt(VALUES.length)]);
            case 1 -> file.putLong(at + Long.BYTES * random.nextInt(16), VALUES[random.nextInt(VALUES.length)]);
            default -> {
                byte[] noise = new byte[1 + random.nextInt(200)];
                random.nextBytes(noise);
                file.put(at + random.nextInt(BLOCK - noise.length), noise);
            }
        }
        if (random.nextInt(4) > 0) {
            repair(file, at);
        }
        return bytes;
    }

    private static void repair(ByteBuffer file, int at) {
        MemorySegment memory = MemorySegment.ofBuffer(file);
        switch (file.getInt(at)) {
            case ManifestDescriptor.MAGIC -> checksum(file, at, ManifestDescriptor.CRC_OFFSET);
            case SegmentHeaderDescriptor.MAGIC -> checksum(file, at, SegmentHeaderDescriptor.CRC_OFFSET);
            case BatchHeaderDescriptor.MAGIC -> {
                int body = at + BatchHeaderDescriptor.LENGTH;
                int blocks = Math.clamp(file.getInt(at + BatchHeaderDescriptor.BLOCKS_OFFSET), 1, (file.capacity() - at) / BLOCK);
                file.putInt(at + BatchHeaderDescriptor.BODY_CRC_OFFSET,
                    Checksum.of(memory, body, (long) blocks * BLOCK - BatchHeaderDescriptor.LENGTH));
                checksum(file, at, BatchHeaderDescriptor.HEADER_CRC_OFFSET);
            }
            default -> checksum(file, at, BLOCK - Integer.BYTES);
        }
    }

    private static void checksum(ByteBuffer file, int at, int length) {
        file.putInt(at + length, Checksum.of(MemorySegment.ofBuffer(file), at, length));
    }
}

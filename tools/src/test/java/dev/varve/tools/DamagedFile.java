package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.ManifestDescriptor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** Changes files behind the log's back. */
final class DamagedFile {
    private static final int BLOCK_LENGTH = 4096;

    private DamagedFile() {
    }

    /** Flips one bit in the first place where some segment holds a text. */
    static void flipBitOf(String text, Path log) throws IOException {
        try (Stream<Path> files = Files.list(log)) {
            List<Path> segments = files.filter(f -> f.toString().endsWith(".varve")).sorted().toList();
            for (Path segment : segments) {
                int at = new String(Files.readAllBytes(segment), StandardCharsets.ISO_8859_1).indexOf(text);
                if (at >= 0) {
                    change(segment, at, 1);
                    return;
                }
            }
        }
        assertThat(text).as("text in no segment").isEmpty();
    }

    /** Makes both slots of a manifest look as if a later version had written them. */
    static void raiseVersionsOf(Path manifest) throws IOException {
        byte[] bytes = Files.readAllBytes(manifest);
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int slots = 0;
        for (int at = 0; at < bytes.length; at += BLOCK_LENGTH) {
            if (buffer.getInt(at) == ManifestDescriptor.MAGIC) {
                buffer.putShort(at + ManifestDescriptor.VERSION_OFFSET, (short) 0x4001);
                buffer.putInt(at + ManifestDescriptor.CRC_OFFSET,
                    Checksum.of(MemorySegment.ofArray(bytes), at, ManifestDescriptor.CRC_OFFSET));
                slots++;
            }
        }
        Files.write(manifest, bytes);
        assertThat(slots).isEqualTo(2);
    }

    private static void change(Path file, long at, int bits) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            channel.read(one, at);
            one.put(0, (byte) (one.get(0) ^ bits)).rewind();
            channel.write(one, at);
            channel.force(true);
        }
    }
}

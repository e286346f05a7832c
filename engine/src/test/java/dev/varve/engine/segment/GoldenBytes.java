package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Bytes of one structure as they lie on disk, from an annotated resource that was made without this code.
 *
 * <pre>
 *   # a comment
 *   offset    bytes                     field                     value, for the reader
 *   00000000  56 52 56 53               MAGIC                     "VRVS"
 *   00000088  00*116                    RESERVED                  116 zeros
 *   000000c8  6f 66                     "                         more of the field before
 * </pre>
 */
final class GoldenBytes {
    private final List<Field> fields;
    private final byte[] bytes;

    private GoldenBytes(List<Field> fields, byte[] bytes) {
        this.fields = fields;
        this.bytes = bytes;
    }

    /** One field of the structure. */
    record Field(int offset, int length, String name) {
    }

    /** Reads {@code golden/v1/<name>.hex}; offsets in the file must leave no gap. */
    static GoldenBytes of(String name) {
        List<Field> fields = new ArrayList<>();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (String line : lines(name)) {
            String[] column = line.split(" {2,}", 4);
            assertThat(Integer.parseInt(column[0], 16)).as("offset in: %s", line).isEqualTo(bytes.size());
            byte[] value = value(column[1]);
            fields.add(column[2].equals("\"") ? longer(fields.removeLast(), value.length)
                : new Field(bytes.size(), value.length, column[2]));
            bytes.writeBytes(value);
        }
        return new GoldenBytes(List.copyOf(fields), bytes.toByteArray());
    }

    private static Field longer(Field field, int length) {
        return new Field(field.offset(), field.length() + length, field.name());
    }

    private static byte[] value(String text) {
        int star = text.indexOf('*');
        return star < 0 ? HexFormat.ofDelimiter(" ").parseHex(text)
            : HexFormat.of().parseHex(text.substring(0, star).repeat(Integer.parseInt(text.substring(star + 1))));
    }

    /** The lines of {@code golden/v1/<name>.hex} without its comments. */
    static List<String> lines(String name) {
        String resource = "/golden/v1/" + name + ".hex";
        try (InputStream in = GoldenBytes.class.getResourceAsStream(resource)) {
            assertThat(in).as(resource).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.startsWith("#")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<Field> fields() {
        return fields;
    }

    byte[] bytes() {
        return bytes.clone();
    }

    /** A fresh copy that a test may damage. */
    MemorySegment memory() {
        MemorySegment memory = Arena.ofAuto().allocate(bytes.length, 8);
        MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return memory;
    }
}

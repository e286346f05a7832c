package dev.varve.recovery;

import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.recovery.ShapedLog.Part;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * For each byte of a log, which field it belongs to and what must come of it if one bit of it flips. Lies in a file that people read:
 *
 * <pre>
 *   0000000000000003.varve
 *   00001000 00001003 batch 8 header.magic              CRASH_TAIL 3:1 n 7 E 7 reads 10
 * </pre>
 */
final class DamageMap {
    private static final Path FOLDER = Path.of("src/test/resources/damage");
    private static final NavigableMap<Long, String> NOTHING_INSIDE = new TreeMap<>(Map.of(0L, ""));

    /**
     * Bytes that share a field and an outcome.
     *
     * @param file    where
     * @param from    the first
     * @param to      the last
     * @param field   what they are
     * @param outcome what comes of it
     */
    record Range(String file, long from, long to, String field, Outcome outcome) {
    }

    private final List<Range> ranges;

    private DamageMap(List<Range> ranges) {
        this.ranges = ranges;
    }

    List<Range> ranges() {
        return ranges;
    }

    private static Path pathOf(LogShape shape) {
        return FOLDER.resolve(shape.name().toLowerCase(Locale.ROOT) + ".txt");
    }

    static DamageMap read(LogShape shape) throws IOException {
        List<Range> ranges = new ArrayList<>();
        String file = null;
        for (String line : Files.readAllLines(pathOf(shape), StandardCharsets.US_ASCII)) {
            if (line.startsWith("#") || line.isEmpty()) {
                continue;
            }
            if (line.length() < 50) {
                file = line;
                continue;
            }
            ranges.add(new Range(file, Long.parseLong(line.substring(0, 8), 16), Long.parseLong(line.substring(9, 17), 16),
                line.substring(18, 58).trim(), Outcome.parse(line.substring(58))));
        }
        return new DamageMap(ranges);
    }

    /** Writes the map of what recovery says today; somebody must read it before it counts. One map is told field by field. */
    static Path write(LogShape shape, ShapedLog log, Examined examined) throws IOException {
        StringBuilder text = new StringBuilder("# What comes of it if a bit flips in a log of the shape " + shape + ". Each line: first and"
            + " last byte, field, verdict,\n# segment:block where the walk stops, the last valid batch n, the last batch known to be"
            + " acknowledged E, records that can be read.\n");
        for (Map.Entry<String, TreeMap<Long, Part>> file : log.parts().entrySet()) {
            text.append('\n').append(file.getKey()).append('\n');
            for (Part part : file.getValue().values()) {
                NavigableMap<Long, String> fields = shape == LogShape.CRASHED ? fields(part.kind()) : NOTHING_INSIDE;
                for (Map.Entry<Long, String> field : fields.entrySet()) {
                    Long next = fields.higherKey(field.getKey());
                    long from = part.from() + field.getKey();
                    long to = next == null ? part.to() : part.from() + next;
                    text.append(String.format("%08x %08x %-40s%s%n", from, to - 1, name(part, log) + field.getValue(),
                        examined.flip(file.getKey(), from)));
                }
            }
        }
        Files.createDirectories(FOLDER);
        return Files.writeString(pathOf(shape), text, StandardCharsets.US_ASCII);
    }

    /** Says what comes of a flipped bit. */
    interface Examined {
        Outcome flip(String file, long offset);
    }

    private static String name(Part part, ShapedLog log) {
        return switch (part.kind()) {
            case SLOT -> "slot " + part.index();
            case HEADER -> "header";
            case COPY -> "copy";
            case BATCH_HEADER -> batch(part, log) + " header";
            case BATCH_BODY -> batch(part, log) + " body";
            case FREE -> "free";
        };
    }

    private static String batch(Part part, ShapedLog log) {
        return "batch " + log.batches().get(part.index()).header().batch();
    }

    /** The fields' names by their offsets, taken from the constants of the descriptor. */
    private static NavigableMap<Long, String> fields(ShapedLog.Kind kind) {
        return switch (kind) {
            case SLOT -> fields(ManifestDescriptor.class, ManifestDescriptor.LENGTH);
            case HEADER, COPY -> fields(SegmentHeaderDescriptor.class, SegmentHeaderDescriptor.LENGTH);
            case BATCH_HEADER -> fields(BatchHeaderDescriptor.class, BatchHeaderDescriptor.LENGTH);
            case BATCH_BODY, FREE -> NOTHING_INSIDE;
        };
    }

    private static NavigableMap<Long, String> fields(Class<?> descriptor, int length) {
        TreeMap<Long, String> fields = new TreeMap<>();
        try {
            for (Field field : descriptor.getDeclaredFields()) {
                if (field.getName().endsWith("_OFFSET")) {
                    String name = field.getName().replace("_OFFSET", "").toLowerCase(Locale.ROOT);
                    fields.put(((Number) field.get(null)).longValue(), "." + name);
                }
            }
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
        assert fields.firstKey() == 0 && fields.lastKey() < length : fields;
        return fields;
    }
}

package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.FormatDoc.Row;
import dev.varve.engine.segment.FormatDoc.Table;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The normative text says what the constants say, all of it and nothing else. */
class FormatDocTest {
    private static final String PACKAGE = "dev.varve.engine.segment.";
    private static final String OFFSET = "_OFFSET";

    private final FormatDoc doc = FormatDoc.read();

    @Test
    void shouldGiveEveryFieldTheOffsetOfItsConstant() throws IOException {
        Map<String, Map<String, Long>> documented = new TreeMap<>();
        for (Table table : doc.tables("offset")) {
            Map<String, Long> offsets = documented.computeIfAbsent(table.subject(), _ -> new TreeMap<>());
            for (Row row : table.fixedRows()) {
                String constant = row.cell(2).toUpperCase(Locale.ROOT) + OFFSET;
                assertThat(offsets.put(constant, row.number(0))).as("%s twice", constant).isNull();
            }
        }

        assertThat(documented).isEqualTo(offsetsInCode());
    }

    private static Map<String, Map<String, Long>> offsetsInCode() throws IOException {
        Map<String, Map<String, Long>> offsets = new TreeMap<>();
        for (Class<?> descriptor : descriptors()) {
            Map<String, Long> all = constants(descriptor);
            all.keySet().removeIf(name -> !name.endsWith(OFFSET));
            offsets.put(descriptor.getSimpleName(), all);
        }
        return offsets;
    }

    /** Found among the compiled classes, so that a new structure without a chapter is noticed. */
    private static List<Class<?>> descriptors() throws IOException {
        String resource = "/" + SegmentHeaderDescriptor.class.getName().replace('.', '/') + ".class";
        Path folder = Path.of(SegmentHeaderDescriptor.class.getResource(resource).getPath()).getParent();
        try (Stream<Path> files = Files.list(folder)) {
            List<Class<?>> found = new ArrayList<>();
            for (Path file : files.filter(path -> path.toString().endsWith("Descriptor.class")).sorted().toList()) {
                found.add(classOf(file.getFileName().toString().replace(".class", "")));
            }
            return found;
        }
    }

    private static Class<?> classOf(String name) {
        try {
            return Class.forName(PACKAGE + name.replace('.', '$'));
        } catch (ClassNotFoundException e) {
            throw new AssertionError("the document names a class that is not there: " + name, e);
        }
    }

    private static Map<String, Long> constants(Class<?> owner) {
        Map<String, Long> constants = new TreeMap<>();
        for (Field field : owner.getDeclaredFields()) {
            boolean isNumber = field.getType() == int.class || field.getType() == long.class;
            if (isNumber && Modifier.isStatic(field.getModifiers()) && Modifier.isPublic(field.getModifiers())) {
                constants.put(field.getName(), valueOf(field));
            }
        }
        return constants;
    }

    private static long valueOf(Field field) {
        try {
            return ((Number) field.get(null)).longValue();
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldLeaveNoGapBetweenFieldsAndEndAtTheLength() {
        for (Table table : doc.tables("offset")) {
            long at = 0;
            for (Row row : table.fixedRows()) {
                assertThat(row.number(0)).as("%s in %s", row.cell(2), table.subject()).isEqualTo(at);
                at += row.number(1);
            }
            assertThat(at).as("length of %s", table.subject()).isEqualTo(table.length())
                .isIn(lengthsOf(classOf(table.subject())));
        }
    }

    private static List<Long> lengthsOf(Class<?> descriptor) {
        Map<String, Long> constants = constants(descriptor);
        return Stream.of("LENGTH", "HEADER_LENGTH", "ENTRY_LENGTH").map(constants::get).filter(value -> value != null).toList();
    }

    @Test
    void shouldListEveryConstantWithItsValue() throws IOException {
        Map<String, Long> documented = new TreeMap<>();
        for (Table table : doc.tables("constant")) {
            table.rows().forEach(row -> documented.put(row.cell(0), row.number(1)));
        }
        List<Class<?>> owners = new ArrayList<>(descriptors());
        owners.add(Geometry.class);
        Map<String, Long> inCode = new TreeMap<>();
        for (Class<?> owner : owners) {
            constants(owner).forEach((name, value) -> {
                if (!name.endsWith(OFFSET)) {
                    inCode.put(owner.getSimpleName() + "." + name, value);
                }
            });
        }

        assertThat(documented).isEqualTo(inCode);
    }

    @Test
    void shouldListEveryCodeWithItsName() throws ReflectiveOperationException {
        List<String> subjects = new ArrayList<>();
        for (Table table : doc.tables("code")) {
            subjects.add(table.subject());
            Class<?> type = table.subject().equals("StorageContract")
                ? Class.forName("dev.varve.engine.io.StorageContract") : classOf(table.subject());
            List<String> inCode = new ArrayList<>();
            for (Object constant : type.getEnumConstants()) {
                inCode.add(type.getMethod("code").invoke(constant) + " " + constant);
            }
            assertThat(table.rows()).as(table.subject()).extracting(row -> row.cell(0) + " " + row.cell(1)).isEqualTo(inCode);
        }
        assertThat(subjects).containsExactlyInAnyOrder("BatchHeader.Kind", "Predecessor.Kind", "SegmentHeader.Preparation",
            "StorageContract");
    }

    @Test
    void shouldPromiseThePlacesThatTheCodeReliesOn() {
        assertThat(doc.tables("structure")).hasSize(1);
        assertThat(doc.tables("structure").getFirst().rows()).extracting(row -> row.cell(3)).containsExactly(
            "at " + ManifestDescriptor.CRC_OFFSET, "at " + SegmentHeaderDescriptor.CRC_OFFSET,
            "at " + BatchHeaderDescriptor.HEADER_CRC_OFFSET, "at " + FooterDescriptor.CRC_OFFSET);
        assertThat(doc.tables("structure").getFirst().rows().get(2).cell(4)).startsWith("log_id_low at "
            + BatchHeaderDescriptor.LOG_ID_LOW_OFFSET + ", salt at " + BatchHeaderDescriptor.SALT_OFFSET + ", segment at "
            + BatchHeaderDescriptor.SEGMENT_OFFSET + ", block at " + BatchHeaderDescriptor.BLOCK_OFFSET + ";");
    }

    @Test
    void shouldShowGoldenBytes() {
        assertThat(doc.examples()).extracting(FormatDoc.Example::resource)
            .containsExactlyInAnyOrder("manifest", "segment-header", "batch-data", "footer", "batch-seal");
        for (FormatDoc.Example example : doc.examples()) {
            List<String> golden = GoldenBytes.lines(example.resource());
            assertThat(example.lines()).as(example.resource()).isEqualTo(golden.subList(0, example.lines().size()));
            assertThat(example.lines().size()).as(example.resource())
                .isEqualTo(example.isWhole() ? golden.size() : doc.rowsOf("BatchHeaderDescriptor"));
        }
    }

    @Test
    void shouldNameFieldsAsTheGoldenBytesDo() {
        for (Map.Entry<String, String> pair : Map.of("manifest", "ManifestDescriptor", "segment-header", "SegmentHeaderDescriptor",
            "batch-data", "BatchHeaderDescriptor", "footer", "FooterDescriptor").entrySet()) {
            List<GoldenBytes.Field> documented = doc.tables("offset").stream()
                .filter(table -> table.subject().equals(pair.getValue()))
                .min(Comparator.comparing(table -> table.rows().getFirst().cell(2).startsWith("entry"))).orElseThrow()
                .fixedRows().stream()
                .map(row -> new GoldenBytes.Field((int) row.number(0), (int) row.number(1), row.cell(2).toUpperCase(Locale.ROOT)))
                .toList();

            assertThat(GoldenBytes.of(pair.getKey()).fields()).startsWith(documented.toArray(GoldenBytes.Field[]::new));
        }
    }
}

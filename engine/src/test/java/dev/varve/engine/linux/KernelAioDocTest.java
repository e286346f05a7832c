package dev.varve.engine.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageObstacle;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The normative text says what the code says to the kernel, all of it and nothing else. */
class KernelAioDocTest {
    private static final String OFFSET = "_OFFSET";
    private static final Path MAIN = Path.of("src", "main", "java", "dev", "varve", "engine");
    /** What Varve keeps to itself and the kernel never sees. */
    private static final Set<String> OWN = Set.of("AioContext.DESTROYED", "AioLimits.LENGTH_MAX", "Doorbell.AWAY", "Doorbell.WAITING",
        "Doorbell.RUNG", "Doorbell.CLOSED", "DirectoryLock.CLOSED", "LinuxDirectory.CLOSED", "LinuxFile.CLOSED", "FileSyscalls.PATH_MAX",
        "EventCounter.CLOSED", "Epoll.CLOSED", "Epoll.NS_PER_MS",
        "FileSyscalls.ANSWER_LENGTH", "FileSyscalls.ENAMETOOLONG", "SyscallGate.ERRNO_OFFSET");

    private final KernelAioDoc doc = KernelAioDoc.read();

    @Test
    void shouldNumberEverySystemCallOnBothPlatforms() {
        List<String> inCode = Stream.of(SystemCall.values())
            .map(call -> call.name().toLowerCase(Locale.ROOT) + " " + call.number(Abi.X86_64) + " " + call.number(Abi.AARCH64)).toList();

        assertThat(doc.rows("call")).extracting(row -> row.get(0).replace("`", "") + " " + row.get(1) + " " + row.get(2))
            .containsExactlyElementsOf(inCode);
    }

    @Test
    void shouldGiveEveryOpenFlagOnBothPlatforms() {
        List<String> inCode = Stream.of(OpenFlag.values())
            .map(flag -> flag + " " + hex(flag.bits(Abi.X86_64)) + " " + hex(flag.bits(Abi.AARCH64))).toList();

        assertThat(doc.rows("flag")).extracting(row -> row.get(0) + " " + row.get(1) + " " + row.get(2))
            .containsExactlyElementsOf(inCode);
    }

    @Test
    void shouldGiveEveryFlagOfAReadOrWrite() throws ReflectiveOperationException {
        // By name, as all else of that package here: this one is below it.
        Class<?> type = typeOf("dev.varve.engine.aio.RwFlag");
        List<String> inCode = new ArrayList<>();
        for (Object flag : type.getEnumConstants()) {
            inCode.add(flag + " " + hex((int) type.getMethod("bit").invoke(flag)));
        }

        assertThat(doc.rows("rwf")).extracting(row -> row.get(0) + " " + row.get(1)).containsExactlyElementsOf(inCode);
    }

    private static String hex(int bits) {
        return "0x" + Integer.toHexString(bits);
    }

    @Test
    void shouldGiveEveryFieldTheOffsetOfItsConstant() throws IOException {
        Map<String, Map<String, Long>> documented = new TreeMap<>();
        for (KernelAioDoc.Table table : doc.tables("offset")) {
            Map<String, Long> offsets = documented.computeIfAbsent(table.subject(), _ -> new TreeMap<>());
            for (List<String> row : table.rows()) {
                String constant = row.get(2).toUpperCase(Locale.ROOT) + OFFSET;
                assertThat(offsets.put(constant, Long.decode(row.get(0)))).as("%s twice", constant).isNull();
            }
        }
        Map<String, Map<String, Long>> inCode = new TreeMap<>();
        for (Class<?> type : types()) {
            if (type.getSimpleName().endsWith("Descriptor")) {
                Map<String, Long> offsets = constants(type);
                offsets.keySet().removeIf(name -> !name.endsWith(OFFSET));
                inCode.put(nameOf(type), offsets);
            }
        }

        assertThat(documented).isEqualTo(inCode);
    }

    @Test
    void shouldLeaveNoGapBetweenFieldsAndEndAtTheLength() throws ReflectiveOperationException {
        for (KernelAioDoc.Table table : doc.tables("offset")) {
            long at = 0;
            for (List<String> row : table.rows()) {
                assertThat(Long.decode(row.get(0))).as("%s in %s", row.get(2), table.subject()).isEqualTo(at);
                at += row.get(1).matches("\\d+") ? Long.parseLong(row.get(1)) : 0;
            }
            if (!table.length().equals("varies")) {
                Map<String, Long> constants = constants(Class.forName("dev.varve.engine." + table.subject()));
                assertThat(at).as(table.subject()).isEqualTo(Long.parseLong(table.length())).isEqualTo(constants.get("LENGTH"));
            }
        }
    }

    @Test
    void shouldListEveryConstantWithItsValue() throws IOException {
        Map<String, Long> documented = doc.rows("constant").stream()
            .collect(Collectors.toMap(row -> row.get(0), row -> Long.decode(row.get(1)), (a, _) -> a, TreeMap::new));
        Map<String, Long> inCode = new TreeMap<>();
        for (Class<?> type : types()) {
            boolean isDescriptor = type.getSimpleName().endsWith("Descriptor");
            constants(type).forEach((name, value) -> {
                if (!(isDescriptor && name.endsWith(OFFSET))) {
                    inCode.put(type.getSimpleName() + "." + name, value);
                }
            });
        }

        assertThat(inCode.keySet()).as("kept to itself").containsAll(OWN);
        inCode.keySet().removeAll(OWN);
        assertThat(documented).isEqualTo(inCode);
    }

    /** Every class of the two packages, found among the compiled ones, so that a new structure without a chapter is noticed. */
    private static List<Class<?>> types() throws IOException {
        List<Class<?>> types = new ArrayList<>();
        for (String name : List.of("aio", "linux")) {
            try (Stream<Path> files = Files.list(MAIN.resolve(name))) {
                for (Path file : files.filter(path -> Files.isRegularFile(path) && !path.endsWith("package-info.java")).sorted().toList()) {
                    types.add(typeOf("dev.varve.engine." + name + "." + file.getFileName().toString().replace(".java", "")));
                }
            }
        }
        return types;
    }

    private static Class<?> typeOf(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(name, e);
        }
    }

    private static String nameOf(Class<?> type) {
        return type.getName().replace("dev.varve.engine.", "");
    }

    private static Map<String, Long> constants(Class<?> owner) {
        Map<String, Long> constants = new TreeMap<>();
        for (Field field : owner.getDeclaredFields()) {
            Class<?> type = field.getType();
            boolean isNumber = type == int.class || type == long.class || type == short.class;
            if (isNumber && Modifier.isStatic(field.getModifiers()) && Modifier.isFinal(field.getModifiers())) {
                constants.put(field.getName(), valueOf(field));
            }
        }
        return constants;
    }

    private static long valueOf(Field field) {
        try {
            field.setAccessible(true);
            return ((Number) field.get(null)).longValue();
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void shouldSayWhatBecomesOfEveryErrorNumber() {
        Map<String, Long> documented = doc.rows("errno").stream()
            .collect(Collectors.toMap(row -> row.get(0), row -> Long.decode(row.get(1)), (a, _) -> a, TreeMap::new));

        assertThat(documented).isEqualTo(constants(Errno.class));
        assertThat(doc.rows("errno")).allSatisfy(row -> assertThat(row.get(3)).as(row.get(0)).isNotEmpty());
    }

    @Test
    void shouldJudgeFileSystemsAsTheCodeDoes() {
        List<String> inCode = doc.rows("type").stream().map(row -> Long.decode(row.get(0)))
            .map(magic -> FileSystemType.label(magic) + " " + (FileSystemType.objection(magic) == null ? "yes" : "no")).toList();

        assertThat(doc.rows("type")).extracting(row -> row.get(1) + " " + row.get(2)).isEqualTo(inCode);
        assertThat(doc.rows("type")).hasSameSizeAs(FileSystemType.values());
    }

    @Test
    void shouldQuoteTheMessagesThatTheCodeGives() throws IOException {
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> files = Files.walk(MAIN)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                sources.append(Files.readString(file, StandardCharsets.UTF_8));
            }
        }
        // A message that is too long for a line is continued on the next.
        String joined = sources.toString().replaceAll("\"\\s*\\+ \"", "");

        assertThat(doc.rows("what is wrong")).extracting(row -> row.get(1).replace("`", ""))
            .allSatisfy(quoted -> assertThat(joined).contains(quoted));
    }

    @Test
    void shouldNameEveryObstacleToStorage() {
        List<String> obstacles = Stream.of(StorageObstacle.values()).filter(obstacle -> obstacle != StorageObstacle.OTHER)
            .map(StorageObstacle::toString).toList();

        assertThat(doc.rows("what is wrong")).extracting(row -> row.get(2)).containsAll(obstacles).isSubsetOf(obstacles);
    }

    @Test
    void shouldNameTestsThatExist() throws IOException {
        Set<String> tests;
        try (Stream<Path> files = Files.walk(Path.of(".."))) {
            tests = files.map(path -> path.getFileName().toString()).filter(name -> name.endsWith("Test.java"))
                .map(name -> name.replace(".java", "")).collect(Collectors.toSet());
        }

        assertThat(doc.mentions(Pattern.compile("`(\\w+Test)`"))).hasSizeGreaterThan(10).isSubsetOf(tests);
    }
}

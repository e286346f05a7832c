package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.linux.Abi;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What differs between x86-64 and aarch64, and what must not: against the tables that the kernel publishes, on either platform. */
class PlatformRowsTest {
    private static final String LINUX = "dev.varve.engine.linux.";
    private static final String AIO = "dev.varve.engine.aio.";

    /** Name, arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h. */
    private static final String SYSTEM_CALLS = """
        read           0  63
        write          1  64
        close          3  57
        mmap           9 222
        munmap        11 215
        fcntl         72  25
        fsync         74  82
        fchmod        91  52
        fstatfs      138  44
        io_setup     206   0
        io_destroy   207   1
        io_getevents 208   4
        io_submit    209   2
        io_cancel    210   3
        getdents64   217  61
        epoll_ctl    233  21
        openat       257  56
        mkdirat      258  34
        unlinkat     263  35
        epoll_pwait  281  22
        fallocate    285  47
        eventfd2     290  19
        epoll_create1 291 20
        renameat2    316 276
        statx        332 291
        io_pgetevents 333 292
        """;

    /** Name, include/uapi/asm-generic/fcntl.h as x86-64 has it, arch/arm64/include/uapi/asm/fcntl.h; octal. */
    private static final String OPEN_FLAGS = """
        READ_ONLY            0        0
        READ_WRITE           2        2
        CREATE             100      100
        EXCLUSIVE          200      200
        DIRECT           40000   200000
        DIRECTORY       200000    40000
        NO_FOLLOW       400000   100000
        CLOSE_ON_EXEC  2000000  2000000
        TEMPORARY     20200000 20040000
        """;

    /** include/uapi/linux/aio_abi.h, uio.h and time_types.h: the same offsets on every 64-bit little-endian platform. */
    private static final Map<String, Map<String, Integer>> LAYOUTS = Map.of(
        "IocbDescriptor", Map.ofEntries(Map.entry("DATA_OFFSET", 0), Map.entry("KEY_OFFSET", 8), Map.entry("RW_FLAGS_OFFSET", 12),
            Map.entry("OPCODE_OFFSET", 16), Map.entry("PRIORITY_OFFSET", 18), Map.entry("DESCRIPTOR_OFFSET", 20),
            Map.entry("BUFFER_OFFSET", 24), Map.entry("BYTES_OFFSET", 32), Map.entry("FILE_OFFSET_OFFSET", 40),
            Map.entry("RESERVED_OFFSET", 48), Map.entry("FLAGS_OFFSET", 56), Map.entry("RESULT_DESCRIPTOR_OFFSET", 60),
            Map.entry("LENGTH", 64)),
        "IoEventDescriptor", Map.of("DATA_OFFSET", 0, "IOCB_OFFSET", 8, "RESULT_OFFSET", 16, "RESULT2_OFFSET", 24, "LENGTH", 32),
        "IovecDescriptor", Map.of("ADDRESS_OFFSET", 0, "BYTES_OFFSET", 8, "LENGTH", 16),
        "TimespecDescriptor", Map.of("SECONDS_OFFSET", 0, "NANOSECONDS_OFFSET", 8, "LENGTH", 16));

    /** An enum's constants with their number on a platform. */
    private static Map<String, Integer> numbers(String type, String method, Abi abi) throws ReflectiveOperationException {
        Class<?> numbered = Class.forName(LINUX + type);
        Method number = numbered.getDeclaredMethod(method, Abi.class);
        number.setAccessible(true);
        Map<String, Integer> all = new TreeMap<>();
        for (Object constant : numbered.getEnumConstants()) {
            all.put(((Enum<?>) constant).name(), (Integer) number.invoke(constant, abi));
        }
        return all;
    }

    private static Map<String, Integer> column(String table, int column, int radix) {
        Map<String, Integer> all = new TreeMap<>();
        table.lines().map(line -> line.strip().split(" +", -1))
            .forEach(words -> all.put(words[0].toUpperCase(Locale.ROOT), Integer.parseInt(words[column], radix)));
        return all;
    }

    @Test
    void row50EveryCallHasThePublishedNumberOfBothPlatforms() throws Exception {
        assertThat(numbers("SystemCall", "number", Abi.X86_64)).isEqualTo(column(SYSTEM_CALLS, 1, 10));
        assertThat(numbers("SystemCall", "number", Abi.AARCH64)).isEqualTo(column(SYSTEM_CALLS, 2, 10));
        String document = Files.readString(Path.of("..", "docs", "kernel-aio.md"));
        SYSTEM_CALLS.lines().map(line -> line.strip().split(" +", -1))
            .forEach(words -> assertThat(document).contains("| `" + words[0] + "` | " + words[1] + " | " + words[2] + " |"));
        Observed.note(50, column(SYSTEM_CALLS, 1, 10).size() + " numbers for each platform, in code and document as the kernel's");
    }

    @Test
    void row50EveryFlagHasThePublishedBitsOfBothPlatforms() throws Exception {
        assertThat(numbers("OpenFlag", "bits", Abi.X86_64)).isEqualTo(column(OPEN_FLAGS, 1, 8));
        assertThat(numbers("OpenFlag", "bits", Abi.AARCH64)).isEqualTo(column(OPEN_FLAGS, 2, 8));
        Observed.note(50, "O_DIRECT 040000 and 0200000, O_DIRECTORY 0200000 and 040000, O_NOFOLLOW 0400000 and 0100000, the rest alike");
    }

    @Test
    void row50EveryStructureIsLaidOutAsPublished() throws Exception {
        for (Map.Entry<String, Map<String, Integer>> layout : LAYOUTS.entrySet()) {
            Map<String, Integer> offsets = new TreeMap<>();
            for (Field field : Class.forName(AIO + layout.getKey()).getDeclaredFields()) {
                boolean isOffset = field.getName().endsWith("_OFFSET") || "LENGTH".equals(field.getName());
                if (Modifier.isStatic(field.getModifiers()) && isOffset) {
                    field.setAccessible(true);
                    offsets.put(field.getName(), field.getInt(null));
                }
            }
            assertThat(offsets).as(layout.getKey()).isEqualTo(new TreeMap<>(layout.getValue()));
        }
        assertThat(epollEvent(Abi.X86_64)).isEqualTo("data at 4, 12 bytes");
        assertThat(epollEvent(Abi.AARCH64)).isEqualTo("data at 8, 16 bytes");
        Observed.note(50, "iocb 64, io_event 32, iovec 16, timespec 16 bytes on both; epoll_event packed to 12 on x86-64, 16 on aarch64");
    }

    private static String epollEvent(Abi abi) throws ReflectiveOperationException {
        Class<?> type = Class.forName(AIO + "EpollEventDescriptor");
        var constructor = type.getDeclaredConstructor(Abi.class);
        constructor.setAccessible(true);
        Object descriptor = constructor.newInstance(abi);
        Method dataOffset = type.getDeclaredMethod("dataOffset");
        Method length = type.getDeclaredMethod("length");
        dataOffset.setAccessible(true);
        length.setAccessible(true);
        return "data at " + dataOffset.invoke(descriptor) + ", " + length.invoke(descriptor) + " bytes";
    }

    @Test
    void row50ThisMachinesHeadersSayTheSame() throws Exception {
        Path x86 = Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h");
        Path generic = Path.of("/usr/include/asm-generic/unistd.h");
        assumeTrue(Files.exists(x86) && Files.exists(generic), "kernel headers are not installed");
        int compared = compare(x86, "__NR_", numbers("SystemCall", "number", Abi.X86_64))
            + compare(generic, "__NR(?:3264)?_", numbers("SystemCall", "number", Abi.AARCH64));
        Observed.note(50, compared + " numbers as in the headers of this machine");
    }

    private static int compare(Path header, String prefix, Map<String, Integer> numbers) throws IOException {
        String text = Files.readString(header);
        numbers.forEach((name, number) -> {
            Matcher matcher = Pattern.compile("#define " + prefix + name.toLowerCase(Locale.ROOT) + "\\s+(\\d+)").matcher(text);
            assertThat(matcher.find()).as("%s in %s", name, header).isTrue();
            assertThat(number).as("%s in %s", name, header).isEqualTo(Integer.parseInt(matcher.group(1)));
        });
        return numbers.size();
    }
}

package dev.varve.engine.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class AbiTest {
    @Test
    void shouldKnowBothPlatforms() {
        assertThat(Abi.of("Linux", "amd64", ByteOrder.LITTLE_ENDIAN)).isEqualTo(Abi.X86_64);
        assertThat(Abi.of("Linux", "aarch64", ByteOrder.LITTLE_ENDIAN)).isEqualTo(Abi.AARCH64);
    }

    @Test
    void shouldRefuseOtherPlatformsByName() {
        assertRefused("Mac OS X", "aarch64", ByteOrder.LITTLE_ENDIAN);
        assertRefused("Linux", "i386", ByteOrder.LITTLE_ENDIAN);
        assertRefused("Linux", "arm", ByteOrder.LITTLE_ENDIAN);
        assertRefused("Linux", "s390x", ByteOrder.BIG_ENDIAN);
        assertRefused("Linux", "aarch64", ByteOrder.BIG_ENDIAN);
    }

    private static void assertRefused(String system, String architecture, ByteOrder order) {
        assertThatThrownBy(() -> Abi.of(system, architecture, order))
            .isInstanceOfSatisfying(StorageContractException.class, e -> assertThat(e.obstacle())
                .isEqualTo(order == ByteOrder.BIG_ENDIAN ? StorageObstacle.BIG_ENDIAN : StorageObstacle.PLATFORM))
            .hasMessageContaining(system)
            .hasMessageContaining(architecture)
            .hasMessageContaining("it needs 64-bit Linux on x86-64 or aarch64, and a 64-bit JVM")
            .satisfies(e -> assertThat(e.getMessage().contains("big-endian")).isEqualTo(order == ByteOrder.BIG_ENDIAN));
    }

    @Test
    void shouldNumberAioCallsAsTheKernelTablesDo() {
        assertNumbers(SystemCall.IO_SETUP, 206, 0);
        assertNumbers(SystemCall.IO_DESTROY, 207, 1);
        assertNumbers(SystemCall.IO_GETEVENTS, 208, 4);
        assertNumbers(SystemCall.IO_SUBMIT, 209, 2);
        assertNumbers(SystemCall.IO_CANCEL, 210, 3);
        assertNumbers(SystemCall.IO_PGETEVENTS, 333, 292);
        assertNumbers(SystemCall.EVENTFD2, 290, 19);
        assertNumbers(SystemCall.OPENAT, 257, 56);
        assertNumbers(SystemCall.FALLOCATE, 285, 47);
        assertNumbers(SystemCall.FSYNC, 74, 82);
        assertNumbers(SystemCall.STATX, 332, 291);
    }

    private static void assertNumbers(SystemCall call, int x86, int aarch64) {
        assertThat(call.number(Abi.X86_64)).as("%s on x86-64", call).isEqualTo(x86);
        assertThat(call.number(Abi.AARCH64)).as("%s on aarch64", call).isEqualTo(aarch64);
    }

    @Test
    void shouldNumberEveryCallAsTheInstalledHeadersDo() throws IOException {
        assertHeader(Path.of("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), "__NR_", Abi.X86_64);
        assertHeader(Path.of("/usr/include/asm-generic/unistd.h"), "__NR(?:3264)?_", Abi.AARCH64);
    }

    private static void assertHeader(Path header, String prefix, Abi abi) throws IOException {
        assumeTrue(Files.exists(header), "kernel headers are not installed");
        String text = Files.readString(header);
        for (SystemCall call : SystemCall.values()) {
            String name = call.name().toLowerCase(Locale.ROOT);
            Matcher matcher = Pattern.compile("#define " + prefix + name + " (\\d+)").matcher(text);
            assertThat(matcher.find()).as("%s in %s", name, header).isTrue();
            assertThat(call.number(abi)).as("%s on %s", name, abi).isEqualTo(Integer.parseInt(matcher.group(1)));
        }
    }

    @Test
    void shouldExchangeTheOpenFlagsThatDifferOnArm() {
        assertThat(OpenFlag.DIRECT.bits(Abi.X86_64)).isEqualTo(040000);
        assertThat(OpenFlag.DIRECT.bits(Abi.AARCH64)).isEqualTo(0200000);
        assertThat(OpenFlag.DIRECTORY.bits(Abi.X86_64)).isEqualTo(0200000);
        assertThat(OpenFlag.DIRECTORY.bits(Abi.AARCH64)).isEqualTo(040000);
        assertThat(OpenFlag.NO_FOLLOW.bits(Abi.X86_64)).isEqualTo(0400000);
        assertThat(OpenFlag.NO_FOLLOW.bits(Abi.AARCH64)).isEqualTo(0100000);
        assertThat(OpenFlag.TEMPORARY.bits(Abi.X86_64)).isEqualTo(020000000 | 0200000);
        assertThat(OpenFlag.TEMPORARY.bits(Abi.AARCH64)).isEqualTo(020000000 | 040000);
    }

    @Test
    void shouldShareTheOtherOpenFlags() {
        for (Abi abi : Abi.values()) {
            assertThat(OpenFlag.READ_ONLY.bits(abi)).isZero();
            assertThat(OpenFlag.READ_WRITE.bits(abi)).isEqualTo(02);
            assertThat(OpenFlag.CREATE.bits(abi)).isEqualTo(0100);
            assertThat(OpenFlag.EXCLUSIVE.bits(abi)).isEqualTo(0200);
            assertThat(OpenFlag.CLOSE_ON_EXEC.bits(abi)).isEqualTo(02000000);
        }
    }
}

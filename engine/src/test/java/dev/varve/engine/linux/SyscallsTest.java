package dev.varve.engine.linux;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Errno;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SyscallsTest {
    private final Syscalls calls = Syscalls.open();

    @Test
    void shouldReturnTheErrorNegated() {
        assertThat(calls.close(-1)).isEqualTo(-Errno.EBADF);
        assertThat(calls.ioDestroy(0)).isEqualTo(-Errno.EINVAL);
        assertThat(calls.ioSetup(0)).isEqualTo(-Errno.EINVAL);
        assertThat(calls.mmap(-1)).isEqualTo(-Errno.ENOMEM);
    }

    @Test
    void shouldCountEvents() {
        int fd = calls.eventfd();
        assertThat(fd).isNotNegative();
        try {
            assertThat(calls.reset(fd)).isEqualTo(-Errno.EAGAIN);
            assertThat(calls.increment(fd)).isEqualTo(8);
            assertThat(calls.increment(fd)).isEqualTo(8);
            assertThat(calls.reset(fd)).isEqualTo(8);
            assertThat(calls.reset(fd)).isEqualTo(-Errno.EAGAIN);
        } finally {
            assertThat(calls.close(fd)).isZero();
        }
    }

    @Test
    void shouldKeepErrorsOfThreadsApart() throws InterruptedException {
        AtomicInteger mistakes = new AtomicInteger();
        Thread other = Thread.ofPlatform().start(() -> expect(Syscalls.open(), 0, Errno.EINVAL, mistakes));
        expect(calls, -1, Errno.EBADF, mistakes);
        other.join();

        assertThat(mistakes).hasValue(0);
    }

    /** Closing -1 is EBADF; destroying context 0 is EINVAL. */
    private static void expect(Syscalls calls, int argument, int errno, AtomicInteger mistakes) {
        for (int i = 0; i < 20_000; i++) {
            int result = argument < 0 ? calls.close(argument) : calls.ioDestroy(argument);
            if (result != -errno) {
                mistakes.incrementAndGet();
            }
        }
    }

    @Test
    void shouldNameTheFlagWhenNativeAccessIsDenied() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--illegal-native-access=deny", "-cp", System.getProperty("java.class.path"), Denied.class.getName())
            .redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(output.lines().filter(line -> line.contains("StorageContractException")))
            .as(output)
            .hasSize(2)
            .allSatisfy(line -> assertThat(line).contains("--enable-native-access=ALL-UNNAMED"));
    }

    /** Asks twice, because a class that failed to initialize says less the second time. */
    static final class Denied {
        private Denied() {
        }

        public static void main(String[] arguments) {
            for (int i = 0; i < 2; i++) {
                try {
                    Syscalls.open();
                } catch (RuntimeException e) {
                    System.out.println(e);
                }
            }
        }
    }
}

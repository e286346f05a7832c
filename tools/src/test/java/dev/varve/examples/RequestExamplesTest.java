package dev.varve.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.IoFailureException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The examples of kernel AIO without a log do what they say. */
@Timeout(120)
class RequestExamplesTest {
    @TempDir(factory = BuildTree.class)
    private Path folder;

    @Test
    void shouldCopyAFileByteForByte() throws IOException {
        for (int length : new int[] {0, 1, 4095, 256 * 1024 + 1, 37 * 256 * 1024 + 4096}) {
            byte[] content = new byte[length];
            new Random(37).nextBytes(content);
            Files.write(folder.resolve("source"), content);
            Files.deleteIfExists(folder.resolve("target"));

            assertThat(CopyFile.copy(folder, "source", "target")).isEqualTo(length);
            assertThat(Files.readAllBytes(folder.resolve("target"))).isEqualTo(content);
        }
        assertThatThrownBy(() -> CopyFile.copy(folder, "source", "target")).isInstanceOf(IoFailureException.class)
            .hasMessageContaining("EEXIST");
    }

    @Test
    void row40ShouldGetEveryRequestsNumberBackByEpoll() {
        assertThat(EpollLoop.run(folder, 2000)).isEqualTo(1999L * 2000 / 2);
    }

    @Test
    void shouldRunFromSourceAsTheDocumentationSays() throws IOException {
        Path source = Path.of("src", "examples", "java", "dev", "varve", "examples", "EpollLoop.java").toAbsolutePath();
        ChildProcess example = ChildProcess.run(folder, ChildProcess.java(), "--enable-native-access=ALL-UNNAMED",
            "-cp", ChildProcess.classPathWithoutTests(), source.toString(), folder.resolve("loop").toString(), "100");

        assertThat(example.status()).as(example.errors()).isZero();
        assertThat(example.output()).contains("100 requests, sum of their numbers 4950");
    }
}

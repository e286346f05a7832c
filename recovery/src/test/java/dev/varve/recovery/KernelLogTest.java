package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.linux.MappedSource;
import dev.varve.engine.segment.Geometry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/** The same as everywhere else, on the real kernel and disk. */
@Timeout(60)
class KernelLogTest {
    /** {@code /tmp} is often in memory, where direct I/O is refused. */
    static final class BuildTree implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext test) throws IOException {
            return Files.createTempDirectory(Files.createDirectories(Path.of("target", "files").toAbsolutePath()), "test");
        }
    }

    @TempDir(factory = BuildTree.class)
    private Path path;

    private LogFixture fixture() {
        return new LogFixture(new KernelDisk(), path, new Geometry(4096, 512, 4, 256), new MappedSource());
    }

    @Test
    void whatWasAppendedIsReadBackOverRollsCrashesAndCleanCloses() {
        LogFixture log = fixture();
        List<String> expected = new ArrayList<>();
        for (int life = 0; life < 6; life++) {
            TestWriter writer = log.open();
            assertThat(writer.recovered().report().verdict())
                .isEqualTo(life == 0 ? Verdict.CREATED : life % 2 == 0 ? Verdict.CLEAN : Verdict.CRASH_TAIL);
            for (int batch = 0; batch < 20; batch++) {
                String small = "life " + life + " batch " + batch;
                String large = small + " ".repeat(life == 3 ? 300_000 : 5_000);
                writer.append(small, TestWriter.FILLER, large);
                expected.add(small);
                expected.add(large);
                if (batch == 11 || (life == 3 && batch % 3 == 2)) {
                    writer.roll();
                }
            }
            if (life % 2 == 1) {
                writer.closeCleanly();
            } else {
                log.crash();
            }
        }
        Inspection inspection = log.inspect(true);
        assertThat(inspection.report().verdict()).isEqualTo(Verdict.CLEAN);
        assertThat(inspection.report().warnings()).isEmpty();
        assertThat(inspection.report().counts().records()).isEqualTo(expected.size());
        assertThat(log.read(inspection.chain(), 0)).isEqualTo(expected);
    }
}

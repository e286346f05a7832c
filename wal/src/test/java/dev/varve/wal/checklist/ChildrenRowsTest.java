package dev.varve.wal.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.checklist.ChildJvm;
import dev.varve.engine.checklist.Observed;
import dev.varve.wal.BuildTree;
import dev.varve.wal.WriteAheadLog;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes are started beside one that appends; those that append and are killed are looked at by {@link HostWideLogRowsTest}. */
@Timeout(180)
class ChildrenRowsTest {
    @TempDir(factory = BuildTree.class)
    private Path folder;

    private final NumberedLog numbered = new NumberedLog();

    @Test
    void row49ChildrenThatAreStartedBesideALogNeitherHoldNorDisturbIt() throws Exception {
        Path directory = folder.resolve("log");
        int children = 0;
        Process sleeper;
        try (WriteAheadLog log = WriteAheadLog.open(directory, NumberedLog.CONFIG)) {
            sleeper = new ProcessBuilder("sleep", "60").start();
            for (int i = 0; i < 40; i++) {
                Process child = new ProcessBuilder("/bin/true").start();
                numbered.append(log, 5, 3000);
                children += child.waitFor() == 0 ? 1 : 0;
            }
        }
        try {
            // A child that still lives has inherited neither lock nor context: the log can be opened at once.
            assertThat(sleeper.isAlive()).isTrue();
            assertThat(numbered.check(directory)).isEqualTo(200);
            assertThat(ChildJvm.of(LogProgram.class, "inspect", directory, 0).output()).contains("records 201");
        } finally {
            sleeper.destroyForcibly();
        }
        Observed.note(49, children + " children beside 200 appends; with one of them alive the log closes, opens and holds all of them");
    }
}

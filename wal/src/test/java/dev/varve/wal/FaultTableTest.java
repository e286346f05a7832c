package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of faults in docs/recovery.md names tests that are there, and every fault from 18 to 35. */
class FaultTableTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern TEST_NAME = Pattern.compile("`(\\w+Test)\\.(\\w+)`");
    private static final int FIRST_FAULT = 18;
    private static final int LAST_FAULT = 35;

    private static List<String> table() throws IOException {
        String page = Files.readString(ROOT.resolve("docs/recovery.md"));
        String section = page.substring(page.indexOf("## 11. Faults"), page.indexOf("## 12."));
        return section.lines().filter(line -> line.startsWith("| ") && !line.startsWith("| fault")).toList();
    }

    @Test
    void everyRowNamesATestThatIsThere() throws IOException {
        List<Path> sources;
        try (Stream<Path> engine = Files.walk(ROOT.resolve("engine/src/test"));
             Stream<Path> wal = Files.walk(ROOT.resolve("wal/src/test"))) {
            sources = Stream.concat(engine, wal).filter(path -> path.toString().endsWith("Test.java")).toList();
        }
        for (String row : table()) {
            List<MatchResult> names = TEST_NAME.matcher(row).results().toList();
            assertThat(names).as(row).isNotEmpty();
            for (MatchResult name : names) {
                Path source = sources.stream().filter(path -> path.endsWith(name.group(1) + ".java")).findFirst().orElseThrow(
                    () -> new AssertionError(name.group(1) + " is not there"));
                assertThat(Files.readString(source)).as(row).contains("void " + name.group(2) + "(");
            }
        }
    }

    @Test
    void noFaultIsLeftOut() throws IOException {
        String rows = String.join("\n", table());
        for (int fault = FIRST_FAULT; fault <= LAST_FAULT; fault++) {
            assertThat(rows).as("fault %d", fault).containsPattern("(?m)^\\| ([0-9]+, )?" + fault + "[ ,]");
        }
    }
}

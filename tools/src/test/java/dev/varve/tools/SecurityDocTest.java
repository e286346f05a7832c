package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each point of {@code docs/security.md} has the test that it names. */
class SecurityDocTest {
    private static final Pattern TEST = Pattern.compile("`(\\w+Test)\\.(\\w+)`");

    @Test
    void everyPointHasTheTestThatItNames() throws IOException {
        List<String> rows = Files.readAllLines(SourceFile.root().resolve("docs").resolve("security.md")).stream()
            .filter(line -> line.startsWith("| ") && !line.startsWith("| point")).toList();
        List<String> missing = new ArrayList<>();
        for (String row : rows) {
            List<MatchResult> named = TEST.matcher(row).results().toList();
            assertThat(named).as(row).hasSize(1);
            if (!exists(named.getFirst().group(1), named.getFirst().group(2))) {
                missing.add(row);
            }
        }
        assertThat(missing).isEmpty();
        assertThat(rows).hasSizeGreaterThan(20);
    }

    private static boolean exists(String type, String method) throws IOException {
        for (SourceFile file : SourceFile.all()) {
            Path path = SourceFile.root().resolve(file.path());
            if (path.getFileName().toString().equals(type + ".java") && Files.readString(path).contains("void " + method + "(")) {
                return true;
            }
        }
        return false;
    }
}

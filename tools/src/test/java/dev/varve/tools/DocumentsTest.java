package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Documents lead where they say they do, and no decision is forgotten. */
class DocumentsTest {
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]*)(#[^)]*)?\\)");

    /** Every document of the project. */
    static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>(List.of(SourceFile.root().resolve("README.md"), SourceFile.root().resolve("CHANGELOG.md")));
        try (Stream<Path> paths = Files.walk(SourceFile.root().resolve("docs"))) {
            paths.filter(path -> path.toString().endsWith(".md")).sorted().forEach(documents::add);
        }
        return documents;
    }

    @Test
    void shouldLinkToFilesAndHeadingsThatExist() throws IOException {
        List<String> broken = new ArrayList<>();
        int count = 0;
        for (Path document : documents()) {
            for (MatchResult link : LINK.matcher(Files.readString(document)).results().toList()) {
                count++;
                Path target = link.group(1).isEmpty() ? document : document.resolveSibling(link.group(1)).normalize();
                if (!Files.exists(target) || (link.group(2) != null && !headings(target).contains(link.group(2)))) {
                    broken.add(document + ": " + link.group());
                }
            }
        }
        assertThat(broken).isEmpty();
        assertThat(count).isGreaterThan(50);
    }

    /** The anchors of a document's headings: in lower case, blanks as hyphens, without other signs. */
    private static Set<String> headings(Path document) throws IOException {
        return Files.readAllLines(document).stream().filter(line -> line.startsWith("#"))
            .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT).replaceAll("[^\\w\\- ]", "").replace(' ', '-'))
            .map(anchor -> "#" + anchor).collect(Collectors.toSet());
    }

    @Test
    void shouldStartNoJavaThatMayBeTooOld() throws IOException {
        for (Path document : documents()) {
            assertThat(Files.readAllLines(document)).as("%s: commands that start java from PATH", document)
                .noneMatch(line -> line.startsWith("    java "));
        }
    }

    @Test
    void shouldNameTheVersionThatIsBuilt() throws IOException {
        Pattern version = Pattern.compile("<version>([^<]*)</version>");
        String built = version.matcher(Files.readString(SourceFile.root().resolve("pom.xml"))).results().findFirst().orElseThrow().group(1);

        assertThat(version.matcher(Files.readString(SourceFile.root().resolve("README.md"))).results().map(found -> found.group(1)))
            .isNotEmpty().containsOnly(built);
    }

    @Test
    void shouldListEveryDecisionUnderItsTitle() throws IOException {
        Path folder = SourceFile.root().resolve("docs").resolve("decisions");
        List<String> listed = Files.readAllLines(folder.resolve("README.md")).stream().filter(line -> line.startsWith("| [")).toList();
        List<String> decisions = new ArrayList<>();
        try (Stream<Path> paths = Files.list(folder)) {
            for (Path path : paths.filter(file -> file.getFileName().toString().matches("\\d.*\\.md")).sorted().toList()) {
                String name = path.getFileName().toString();
                List<String> lines = Files.readAllLines(path);
                String number = name.substring(0, 4);
                String heading = "# " + number + ": ";
                assertThat(lines.getFirst()).as(name).startsWith(heading);
                assertThat(String.join("\n", lines)).as(name)
                    .contains("**Context.**", "**Decision.**", "**Consequences.**", "**Not chosen.**");
                decisions.add("| [" + number + "](" + name + ") | " + lines.getFirst().substring(heading.length()) + " |");
            }
        }
        assertThat(listed).isEqualTo(decisions).isNotEmpty();
    }
}

package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The sizes and words that the project has agreed on. */
class TidyTest {
    private static final int CLASS_LINES_MAX = 400;
    private static final int TEST_CLASS_LINES_MAX = 500;
    private static final int METHOD_LINES_MAX = 60;
    private static final int LINE_LENGTH_MAX = 140;
    /** One word per thing: these stand for something that has another name here, or for work left undone. */
    private static final Pattern BANNED = Pattern.compile(
        "(?i)\\b(?:to" + "do|fix" + "me|xx" + "x|ha" + "ck|rot" + "at(?:e|es|ed|ion)|poi" + "son(?:ed)?|fsync" + "'d|fsync" + "ed|log fi"
            + "le|per" + "sist(?:ed|s)?|(?<!\\.)flu" + "sh(?:ed|es|ing)?)\\b");
    private static final Pattern BANNED_CLASS = Pattern.compile(".*(?:Manager|Helper|Util|Utils|Impl)\\.java");
    private static final Pattern SUPPRESSION = Pattern.compile(".*@SuppressWarnings\\(.*\\)(?<rest>.*)");

    private final List<SourceFile> files = SourceFile.all();

    /** Collects what is wrong in every line of every file. */
    private static List<String> findings(List<SourceFile> files, BiConsumer<String, List<String>> judge) {
        List<String> findings = new ArrayList<>();
        for (SourceFile file : files) {
            for (int i = 0; i < file.lines().size(); i++) {
                List<String> found = new ArrayList<>();
                judge.accept(file.lines().get(i), found);
                for (String what : found) {
                    findings.add(file + ":" + (i + 1) + ": " + what);
                }
            }
        }
        return findings;
    }

    private List<SourceFile> main() {
        return files.stream().filter(SourceFile::isMain).toList();
    }

    @Test
    void shouldSeeTheWholeProject() {
        assertThat(files).hasSizeGreaterThan(100);
        assertThat(main()).hasSizeGreaterThan(60);
        assertThat(files.stream().mapToInt(f -> f.methods().size()).sum()).isGreaterThan(600);
    }

    @Test
    void shouldKeepClassesSmall() {
        List<String> findings = new ArrayList<>();
        for (SourceFile file : files) {
            if (file.lines().size() > (file.isMain() ? CLASS_LINES_MAX : TEST_CLASS_LINES_MAX)) {
                findings.add(file + ": " + file.lines().size() + " lines");
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void shouldKeepMethodsOnOneScreen() {
        List<String> findings = new ArrayList<>();
        for (SourceFile file : files) {
            for (SourceFile.Method method : file.methods()) {
                if (method.length() > METHOD_LINES_MAX) {
                    findings.add(file + ":" + method.line() + ": " + method.length() + " lines");
                }
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void shouldKeepLinesShort() {
        assertThat(findings(files, (line, found) -> {
            if (line.length() > LINE_LENGTH_MAX) {
                found.add(line.length() + " characters");
            }
        })).isEmpty();
    }

    @Test
    void shouldKeepLinesOfDocumentsShort() throws IOException {
        List<String> findings = new ArrayList<>();
        for (Path document : DocumentsTest.documents()) {
            boolean isCode = false;
            int number = 0;
            for (String line : Files.readAllLines(document)) {
                number++;
                isCode ^= line.startsWith("```");
                boolean isExempt = isCode || line.startsWith("|") || line.startsWith("    ");
                if (line.length() > LINE_LENGTH_MAX && !isExempt) {
                    findings.add(document + ":" + number + ": " + line.length() + " characters");
                }
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void shouldCallEachThingByItsOneName() {
        assertThat(findings(files, (line, found) -> {
            if (BANNED.matcher(line).find()) {
                found.add(line.strip());
            }
        })).isEmpty();
    }

    @Test
    void shouldNameNoClassAfterNothing() {
        assertThat(files).noneMatch(file -> BANNED_CLASS.matcher(file.toString()).matches());
    }

    @Test
    void shouldUseBlanksAndNoTrailingOnes() {
        assertThat(findings(files, (line, found) -> {
            if (line.contains("\t") || !line.equals(line.stripTrailing())) {
                found.add("tab or trailing blank");
            }
        })).isEmpty();
    }

    @Test
    void shouldGiveAReasonForEverySuppressedWarning() {
        List<String> findings = new ArrayList<>();
        for (SourceFile file : files) {
            String before = "";
            for (String line : file.lines()) {
                var matcher = SUPPRESSION.matcher(line);
                if (matcher.matches() && !matcher.group("rest").contains("//") && !before.strip().startsWith("//")) {
                    findings.add(file + ": " + line.strip());
                }
                before = line;
            }
        }
        assertThat(findings).isEmpty();
    }

    @Test
    void shouldDescribeEveryPackage() {
        TreeSet<Path> missing = new TreeSet<>();
        for (SourceFile file : main()) {
            Path folder = file.path().getParent();
            if (!Files.exists(SourceFile.root().resolve(folder).resolve("package-info.java"))) {
                missing.add(folder);
            }
        }
        assertThat(missing).isEmpty();
    }
}

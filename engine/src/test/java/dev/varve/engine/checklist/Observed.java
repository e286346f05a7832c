package dev.varve.engine.checklist;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the tests of a row of the checklist saw on this machine: an error, a count, a time.
 *
 * <p>Any thread of the test that notes; one JVM at a time writes for a module. A row's file holds a line for each of its tests, {@code class.method},
 * a tab, and what was seen; a later note of the same test replaces it, so that a test is heard which ran alone.
 */
public final class Observed {
    private static final Pattern TEST = Pattern.compile("(?:lambda\\$)?(row(\\d\\d)[A-Za-z0-9]*)(?:\\$\\d+)?");

    private Observed() {
    }

    /**
     * Notes what a test has seen. To be called by the test's own method, or below it.
     *
     * @param row  the row, as in the test's name
     * @param what a phrase, in one line
     */
    public static synchronized void note(int row, String what) {
        String digits = String.format(Locale.ROOT, "%02d", row);
        Path file = folder().resolve("row" + digits + ".txt");
        try {
            Files.createDirectories(file.getParent());
            Map<String, String> lines = new TreeMap<>();
            if (Files.exists(file)) {
                Files.readAllLines(file).forEach(line -> lines.put(line.substring(0, line.indexOf('\t')), line));
            }
            String test = test(digits);
            lines.put(test, test + "\t" + what.replaceAll("\\s+", " ").strip());
            Files.write(file, lines.values());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where surefire was told, else the build folder below it. */
    private static Path folder() {
        String told = System.getProperty("varve.checklist");
        return told != null ? Path.of(told) : Path.of(System.getProperty("basedir", ""), "target", "checklist").toAbsolutePath();
    }

    private static String test(String digits) {
        return StackWalker.getInstance().walk(frames -> frames.map(frame -> {
            Matcher name = TEST.matcher(frame.getMethodName());
            return name.matches() && name.group(2).equals(digits) ? frame.getClassName() + "." + name.group(1) : "";
        }).filter(name -> !name.isEmpty()).findFirst())
            .orElseThrow(() -> new IllegalStateException("no test named row" + digits + "… is running"));
    }
}

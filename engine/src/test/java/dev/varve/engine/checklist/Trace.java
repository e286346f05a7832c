package dev.varve.engine.checklist;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What strace wrote about a process: a line for each system call, {@code call(arguments) = result}, in the order in which they ended. A call
 * that strace tells of in two lines, because another thread came between, is one line here.
 *
 * @param calls the lines
 */
public record Trace(List<String> calls) {
    private static final Pattern LINE = Pattern.compile("(?<thread>\\d+) +(?<rest>.*)");
    private static final Pattern RESUMED = Pattern.compile("<\\.\\.\\. \\w+ resumed>(?<rest>.*)");
    private static final String UNFINISHED = " <unfinished ...>";

    /** Reads what {@link ChildJvm#traced} wrote, after the child's end. */
    public static Trace read(Path file) throws IOException {
        List<String> calls = new ArrayList<>();
        Map<String, String> begun = new HashMap<>();
        for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
            Matcher parts = LINE.matcher(line);
            if (!parts.matches()) {
                continue;
            }
            String thread = parts.group("thread");
            String rest = parts.group("rest");
            Matcher resumed = RESUMED.matcher(rest);
            if (rest.endsWith(UNFINISHED)) {
                begun.put(thread, rest.substring(0, rest.length() - UNFINISHED.length()));
            } else if (resumed.matches()) {
                calls.add(begun.getOrDefault(thread, "") + resumed.group("rest"));
                begun.remove(thread);
            } else {
                calls.add(rest);
            }
        }
        // A call that the end of the process cut off.
        calls.addAll(begun.values());
        return new Trace(List.copyOf(calls));
    }

    /** The calls in which a pattern is found. */
    public List<String> matching(String pattern) {
        Pattern wanted = Pattern.compile(pattern);
        return calls.stream().filter(call -> wanted.matcher(call).find()).toList();
    }
}

package dev.varve.engine.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tables of {@code docs/kernel-aio.md}, each with the class that the line above it names. */
public final class KernelAioDoc {
    private static final Pattern CONSTANTS = Pattern.compile("Constants: `([\\w.]+)`; length (\\d+|varies)\\.");

    private final List<String> lines;
    private final List<Table> tables = new ArrayList<>();

    /** One table: what its first column is called, which class it is about and how long that structure is, and its rows. */
    record Table(String firstColumn, String subject, String length, List<List<String>> rows) {
    }

    private KernelAioDoc(List<String> lines) {
        this.lines = lines;
    }

    /** Reads the document beside the module. */
    public static KernelAioDoc read() {
        try {
            KernelAioDoc doc = new KernelAioDoc(Files.readAllLines(Path.of("..", "docs", "kernel-aio.md")));
            doc.parse();
            return doc;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void parse() {
        String subject = "";
        String length = "";
        for (int i = 0; i < lines.size(); i++) {
            Matcher constants = CONSTANTS.matcher(lines.get(i));
            if (constants.matches()) {
                subject = constants.group(1);
                length = constants.group(2);
            } else if (lines.get(i).startsWith("|--")) {
                tables.add(new Table(cells(lines.get(i - 1)).getFirst(), subject, length, rows(i + 1)));
            }
        }
    }

    private List<List<String>> rows(int from) {
        List<List<String>> rows = new ArrayList<>();
        for (int i = from; i < lines.size() && lines.get(i).startsWith("|"); i++) {
            rows.add(cells(lines.get(i)));
        }
        assertThat(rows).as("table at line %d", from).isNotEmpty();
        return rows;
    }

    private static List<String> cells(String line) {
        assertThat(line).startsWith("| ").endsWith("|");
        return Arrays.stream(line.substring(1, line.length() - 1).split("\\|", -1)).map(String::strip).toList();
    }

    /** The tables whose first column has a name. */
    List<Table> tables(String firstColumn) {
        List<Table> found = tables.stream().filter(table -> table.firstColumn().equals(firstColumn)).toList();
        assertThat(found).as("tables of %s", firstColumn).isNotEmpty();
        return found;
    }

    /** The rows of all tables whose first column has a name. */
    public List<List<String>> rows(String firstColumn) {
        return tables(firstColumn).stream().flatMap(table -> table.rows().stream()).toList();
    }

    /** All that matches a pattern, in the order of the text. */
    List<String> mentions(Pattern pattern) {
        return lines.stream().flatMap(line -> pattern.matcher(line).results()).map(match -> match.group(1)).distinct().toList();
    }
}

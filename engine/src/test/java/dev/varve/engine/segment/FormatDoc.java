package dev.varve.engine.segment;

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

/** The tables and examples of {@code docs/format.md}, each with what the line above it says it is about. */
final class FormatDoc {
    private static final Pattern CONSTANTS = Pattern.compile("Constants: `(\\w+)`; (?:entry )?length (\\d+)\\.");
    private static final Pattern CODES = Pattern.compile("Codes of \\w+: `([\\w.]+)`\\.");
    private static final Pattern EXAMPLE = Pattern.compile("```golden(-header)? ([a-z-]+)");

    private final List<Table> tables = new ArrayList<>();
    private final List<Example> examples = new ArrayList<>();

    /** One table: what its first column is called, which class it is about, how long that structure is, and its rows. */
    record Table(String firstColumn, String subject, int length, List<Row> rows) {
        /** The rows that stand for a constant: those with a number for their length. */
        List<Row> fixedRows() {
            return rows.stream().filter(row -> row.cell(1).matches("\\d+")).toList();
        }
    }

    /** One row of a table. */
    record Row(List<String> cells) {
        String cell(int column) {
            return cells.get(column);
        }

        long number(int column) {
            return Long.decode(cell(column));
        }
    }

    /** Lines of a golden resource, all or those of the header. */
    record Example(String resource, boolean isWhole, List<String> lines) {
    }

    private FormatDoc() {
    }

    /** Reads the document beside the module. */
    static FormatDoc read() {
        FormatDoc doc = new FormatDoc();
        try {
            doc.parse(Files.readAllLines(Path.of("..", "docs", "format.md")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return doc;
    }

    private void parse(List<String> lines) {
        String subject = "";
        int length = 0;
        for (int i = 0; i < lines.size(); i++) {
            Matcher constants = CONSTANTS.matcher(lines.get(i));
            Matcher codes = CODES.matcher(lines.get(i));
            Matcher example = EXAMPLE.matcher(lines.get(i));
            if (constants.matches()) {
                subject = constants.group(1);
                length = Integer.parseInt(constants.group(2));
            } else if (codes.matches()) {
                subject = codes.group(1);
            } else if (example.matches()) {
                examples.add(new Example(example.group(2), example.group(1) == null, block(lines, i + 1)));
            } else if (lines.get(i).startsWith("|--")) {
                tables.add(new Table(cells(lines.get(i - 1)).getFirst(), subject, length, rows(lines, i + 1)));
            }
        }
    }

    private static List<String> block(List<String> lines, int from) {
        int to = from;
        while (!lines.get(to).equals("```")) {
            to++;
        }
        return lines.subList(from, to);
    }

    private static List<Row> rows(List<String> lines, int from) {
        List<Row> rows = new ArrayList<>();
        for (int i = from; i < lines.size() && lines.get(i).startsWith("|"); i++) {
            rows.add(new Row(cells(lines.get(i))));
        }
        assertThat(rows).as("table at line %d", from).isNotEmpty();
        return rows;
    }

    private static List<String> cells(String line) {
        assertThat(line).startsWith("| ").endsWith("|");
        return Arrays.stream(line.substring(1, line.length() - 1).split("\\|")).map(String::strip).toList();
    }

    /** The tables whose first column has a name. */
    List<Table> tables(String firstColumn) {
        List<Table> found = tables.stream().filter(table -> table.firstColumn().equals(firstColumn)).toList();
        assertThat(found).as("tables of %s", firstColumn).isNotEmpty();
        return found;
    }

    /** How many fields the document gives a structure. */
    int rowsOf(String subject) {
        return tables("offset").stream().filter(table -> table.subject().equals(subject)).mapToInt(table -> table.rows().size()).sum();
    }

    List<Example> examples() {
        return examples;
    }
}

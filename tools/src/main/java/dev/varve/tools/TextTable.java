package dev.varve.tools;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Lines of cells under headings, each column as wide as its widest cell; the first two to the left, the others, which are numbers, to the
 * right. One owner thread.
 */
final class TextTable {
    private static final int LEFT_ALIGNED = 2;
    private static final String GAP = "  ";
    private static final List<String> RULE = List.of();

    private final List<List<String>> rows = new ArrayList<>();
    private final int[] widths;

    /**
     * Makes a table.
     *
     * @param headings one for each column
     */
    TextTable(List<String> headings) {
        widths = new int[headings.size()];
        add(headings);
    }

    /**
     * Adds a row.
     *
     * @param cells one for each column; numbers and text alike
     */
    void add(List<?> cells) {
        assert cells.size() == widths.length : cells;
        List<String> row = new ArrayList<>(cells.size());
        for (int i = 0; i < widths.length; i++) {
            String cell = String.valueOf(cells.get(i));
            widths[i] = Math.max(widths[i], cell.length());
            row.add(cell);
        }
        rows.add(row);
    }

    /** Adds a line between what is above and what is below. */
    void addRule() {
        rows.add(RULE);
    }

    /**
     * The table as text.
     *
     * @return its lines, without blanks at their ends
     */
    List<String> lines() {
        return rows.stream().map(this::line).toList();
    }

    private String line(List<String> row) {
        if (row.isEmpty()) {
            return "-".repeat(Arrays.stream(widths).sum() + GAP.length() * (widths.length - 1));
        }
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String blanks = " ".repeat(widths[i] - row.get(i).length());
            line.append(i == 0 ? "" : GAP).append(i < LEFT_ALIGNED ? row.get(i) + blanks : blanks + row.get(i));
        }
        return line.toString().stripTrailing();
    }
}

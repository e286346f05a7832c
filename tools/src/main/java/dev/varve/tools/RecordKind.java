package dev.varve.tools;

/** The kinds that {@code append} gives its records, so that {@code cat} gives the input back byte for byte. */
final class RecordKind {
    /** A line that a newline ended. Records of embedders that use no kinds look the same. */
    static final int LINE = 0;
    /** The last line of an input that did not end with a newline. */
    static final int UNENDED_LINE = 1;

    private RecordKind() {
    }
}

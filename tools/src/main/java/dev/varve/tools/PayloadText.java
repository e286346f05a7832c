package dev.varve.tools;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Writes a payload so that it can be read on a terminal and nothing in it can drive the terminal: printable ASCII stands for itself,
 * every other byte is an escape. What comes out is ASCII whatever goes in, and gives the bytes back without loss.
 *
 * <p>No state; any thread.
 */
final class PayloadText {
    private static final String HEX = "0123456789abcdef";
    private static final int FIRST_PRINTABLE = 0x20;
    private static final int LAST_PRINTABLE = 0x7e;

    private PayloadText() {
    }

    /**
     * Escapes bytes as {@code \n \r \t \\ \xHH}.
     *
     * @param bytes     the payload
     * @param lengthMax bytes to show; what is left out is counted at the end
     * @return ASCII without control characters
     */
    static String escaped(MemorySegment bytes, long lengthMax) {
        long shown = Math.min(bytes.byteSize(), lengthMax);
        StringBuilder text = new StringBuilder(Math.toIntExact(shown) + 2);
        text.append('"');
        for (long i = 0; i < shown; i++) {
            append(text, bytes.get(ValueLayout.JAVA_BYTE, i) & 0xff);
        }
        return text.append('"').append(rest(bytes.byteSize() - shown)).toString();
    }

    private static void append(StringBuilder text, int value) {
        switch (value) {
            case '\n' -> text.append("\\n");
            case '\r' -> text.append("\\r");
            case '\t' -> text.append("\\t");
            case '\\' -> text.append("\\\\");
            case '"' -> text.append("\\\"");
            default -> {
                if (value >= FIRST_PRINTABLE && value <= LAST_PRINTABLE) {
                    text.append((char) value);
                } else {
                    hex(text.append("\\x"), value);
                }
            }
        }
    }

    /**
     * Two hexadecimal digits a byte.
     *
     * @param bytes     the payload
     * @param lengthMax bytes to show; what is left out is counted at the end
     * @return lower-case digits
     */
    static String hex(MemorySegment bytes, long lengthMax) {
        long shown = Math.min(bytes.byteSize(), lengthMax);
        StringBuilder text = new StringBuilder(Math.toIntExact(2 * shown));
        for (long i = 0; i < shown; i++) {
            hex(text, bytes.get(ValueLayout.JAVA_BYTE, i) & 0xff);
        }
        return text.append(rest(bytes.byteSize() - shown)).toString();
    }

    private static void hex(StringBuilder text, int value) {
        text.append(HEX.charAt(value >>> 4)).append(HEX.charAt(value & 0xf));
    }

    private static String rest(long left) {
        return left == 0 ? "" : "... " + left + " more";
    }

    /**
     * A payload made fit for a terminal: its text, lines and tabs as they are, whatever else would drive the terminal as an escape.
     *
     * @param bytes the payload
     * @return text; bytes that are no UTF-8 are lost
     */
    static String shown(MemorySegment bytes) {
        StringBuilder text = new StringBuilder();
        new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8).codePoints()
            .forEach(c -> append(text, c, c == '\n' || c == '\t' || isPrinted(c)));
        return text.toString();
    }

    private static void append(StringBuilder text, int c, boolean asItIs) {
        if (asItIs) {
            text.appendCodePoint(c);
        } else {
            text.append(String.format("\\u%04x", c));
        }
    }

    /**
     * A message made fit for a terminal: a file name in it may hold anything.
     *
     * @param message any text
     * @return the text with control characters replaced
     */
    static String plain(String message) {
        StringBuilder text = new StringBuilder(message.length());
        message.codePoints().forEach(c -> append(text, c, isPrinted(c)));
        return text.toString();
    }

    /** Whether a terminal shows a character and does nothing else: that leaves out control, bidirectional and format characters. */
    private static boolean isPrinted(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE,
                Character.PRIVATE_USE, Character.UNASSIGNED -> false;
            default -> true;
        };
    }
}

package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PayloadTextTest {
    private static String escaped(String text) {
        return PayloadText.escaped(MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8)), Long.MAX_VALUE);
    }

    @Test
    void shouldLeaveOrdinaryTextAlone() {
        assertThat(escaped("GET /index.html 200")).isEqualTo("\"GET /index.html 200\"");
    }

    @Test
    void shouldEscapeWhatWouldDriveATerminal() {
        assertThat(escaped("\u001b[2J\u0007\u009b\u007f")).isEqualTo("\"\\x1b[2J\\x07\\xc2\\x9b\\x7f\"");
        assertThat(escaped("a\tb\rc\nd\"e\\f\0")).isEqualTo("\"a\\tb\\rc\\nd\\\"e\\\\f\\x00\"");
    }

    @Property(tries = 300)
    void escapingLosesNothingAndIsPrintable(@ForAll byte[] bytes) {
        String text = PayloadText.escaped(MemorySegment.ofArray(bytes), Long.MAX_VALUE);

        assertThat(text).matches("[ -~]*");
        assertThat(unescaped(text.substring(1, text.length() - 1))).isEqualTo(bytes);
    }

    @Property(tries = 100)
    void hexadecimalDigitsGiveTheBytesBack(@ForAll byte[] bytes) {
        assertThat(HexFormat.of().parseHex(PayloadText.hex(MemorySegment.ofArray(bytes), Long.MAX_VALUE))).isEqualTo(bytes);
    }

    @Test
    void shouldCountWhatItLeavesOut() {
        MemorySegment bytes = MemorySegment.ofArray(new byte[] {'a', 'b', 'c', 'd'});

        assertThat(PayloadText.escaped(bytes, 3)).isEqualTo("\"abc\"... 1 more");
        assertThat(PayloadText.hex(bytes, 1)).isEqualTo("61... 3 more");
        assertThat(PayloadText.hex(bytes, 4)).isEqualTo("61626364");
    }

    @Test
    void shouldTakeControlCharactersOutOfMessages() {
        assertThat(PayloadText.plain("no file \u001b]0;x\u0007\u202e\u2028é")).isEqualTo("no file \\u001b]0;x\\u0007\\u202e\\u2028é");
        assertThat(PayloadText.plain("\u007f\u0085\u009b\u061c\u2029\u2066\ufeff\ud800 \ue000 \udbff\udffe"))
            .isEqualTo("\\u007f\\u0085\\u009b\\u061c\\u2029\\u2066\\ufeff\\ud800 \\ue000 \\u10fffe");
    }

    private static byte[] unescaped(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c != '\\') {
                bytes.write(c);
                continue;
            }
            char escape = text.charAt(i++);
            switch (escape) {
                case 'n' -> bytes.write('\n');
                case 'r' -> bytes.write('\r');
                case 't' -> bytes.write('\t');
                case 'x' -> {
                    bytes.write(Integer.parseInt(text, i, i + 2, 16));
                    i += 2;
                }
                default -> bytes.write(escape);
            }
        }
        return bytes.toByteArray();
    }
}

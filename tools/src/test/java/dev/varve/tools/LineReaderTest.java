package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class LineReaderTest {
    private static final int LONG = 1 << 20;

    /** Gives bytes in pieces, and says that none is at hand before each piece. */
    private static final class Pieces extends InputStream {
        private final byte[] bytes;
        private final Random random;
        private int at;
        private int pieceEnd;

        Pieces(byte[] bytes, long seed) {
            this.bytes = bytes;
            this.random = new Random(seed);
        }

        @Override
        public int available() {
            return pieceEnd - at;
        }

        @Override
        public int read() {
            throw new AssertionError("bytes are read in bulk");
        }

        @Override
        public int read(byte[] buffer, int from, int length) {
            if (at == bytes.length) {
                return -1;
            }
            if (at == pieceEnd) {
                pieceEnd = Math.min(bytes.length, at + 1 + random.nextInt(64));
            }
            int count = Math.min(length, pieceEnd - at);
            System.arraycopy(bytes, at, buffer, from, count);
            at += count;
            return count;
        }
    }

    private static byte[] joined(InputStream input, int lineLengthMax) throws IOException {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        LineReader reader = new LineReader(input, "input", lineLengthMax, LineReader.Pause.NONE);
        for (MemorySegment line = reader.next(); line != null; line = reader.next()) {
            byte[] bytes = line.toArray(ValueLayout.JAVA_BYTE);
            assertThat(bytes).doesNotContain('\n');
            output.writeBytes(bytes);
            if (reader.isLineEnded()) {
                output.write('\n');
            }
        }
        return output.toByteArray();
    }

    @Provide
    Arbitrary<byte[]> bytesWithNewlines() {
        return Arbitraries.bytes().map(b -> b % 5 == 0 ? (byte) '\n' : b).array(byte[].class).ofMaxSize(2000);
    }

    @Property(tries = 500)
    void splittingAndJoiningGivesTheInputBack(@ForAll("bytesWithNewlines") byte[] bytes, @ForAll long seed) throws IOException {
        assertThat(joined(new Pieces(bytes, seed), LONG)).isEqualTo(bytes);
    }

    @Test
    void shouldGiveBackLinesLongerThanAnyBuffer() throws IOException {
        byte[] bytes = new byte[3_000_000];
        new Random(7).nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = bytes[i] == '\n' ? 0 : bytes[i];
        }
        bytes[1_000_000] = '\n';

        assertThat(joined(new ByteArrayInputStream(bytes), bytes.length)).isEqualTo(bytes);
    }

    @Test
    void shouldTellAnEmptyLineFromNone() throws IOException {
        LineReader none = new LineReader(InputStream.nullInputStream(), "input", LONG, LineReader.Pause.NONE);
        LineReader empty = new LineReader(input("\n"), "input", LONG, LineReader.Pause.NONE);

        assertThat(none.next()).isNull();
        assertThat(empty.next().byteSize()).isZero();
        assertThat(empty.isLineEnded()).isTrue();
        assertThat(empty.next()).isNull();
        assertThat(empty.lineNumber()).isOne();
    }

    @Test
    void shouldNameTheLineThatIsTooLong() throws IOException {
        LineReader reader = new LineReader(input("one\nfour\nthree\n"), "input", 4, LineReader.Pause.NONE);

        assertThat(reader.next().byteSize()).isEqualTo(3);
        assertThat(reader.next().byteSize()).isEqualTo(4);
        assertThatThrownBy(reader::next).isInstanceOf(LineReader.LineTooLongException.class)
            .hasMessageContaining("line 3").hasMessageContaining("--record-max").hasMessageContaining("4 bytes");
    }

    @Test
    void shouldNoticeALineThatIsTooLongBeforeItsEndHasCome() {
        LineReader reader = new LineReader(new Pieces(new byte[LONG], 1), "input", 1000, LineReader.Pause.NONE);

        assertThatThrownBy(reader::next).isInstanceOf(LineReader.LineTooLongException.class).hasMessageContaining("line 1");
    }

    @Test
    void shouldReturnEveryLineThatHasComeBeforeItWaits() throws IOException {
        List<String> seen = new ArrayList<>();
        LineReader.Pause pause = new LineReader.Pause() {
            @Override
            public void begins() {
                seen.add("wait");
            }

            @Override
            public void ends() {
                seen.add("go on");
            }
        };
        LineReader reader = new LineReader(input("a\nb\n"), "input", LONG, pause);
        for (MemorySegment line = reader.next(); line != null; line = reader.next()) {
            seen.add(new String(line.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII));
        }

        assertThat(seen).containsExactly("a", "b", "wait", "go on");
    }

    @Test
    void shouldSayWhetherInputIsLeft() throws IOException {
        long timeoutNs = Duration.ofSeconds(30).toNanos();
        LineReader reader = new LineReader(input("a\nb"), "input", LONG, LineReader.Pause.NONE);
        reader.next();
        assertThat(reader.isInputLeft(timeoutNs)).isTrue();
        reader.next();
        assertThat(reader.isInputLeft(timeoutNs)).isFalse();

        reader = new LineReader(new Pieces("a\nb\n".getBytes(StandardCharsets.US_ASCII), 2), "input", LONG, LineReader.Pause.NONE);
        reader.next();
        assertThat(reader.isInputLeft(timeoutNs)).as("not read yet").isTrue();
        reader = new LineReader(input("a\n"), "input", LONG, LineReader.Pause.NONE);
        reader.next();
        assertThat(reader.isInputLeft(timeoutNs)).as("ended, but not known yet").isFalse();
    }

    @Test
    void shouldTakeAStreamThatSaysNothingForOneThatMayGoOn() throws IOException {
        try (PipedOutputStream writer = new PipedOutputStream(); InputStream silent = new PipedInputStream(writer)) {
            writer.write("a\n".getBytes(StandardCharsets.US_ASCII));
            LineReader reader = new LineReader(silent, "input", LONG, LineReader.Pause.NONE);
            reader.next();

            assertThat(reader.isInputLeft(1_000_000)).isTrue();
        }
    }

    @Test
    void shouldNameTheStreamThatFails() {
        InputStream closed = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("Bad file descriptor");
            }

            @Override
            public int read(byte[] bytes, int from, int length) throws IOException {
                return read();
            }
        };

        assertThatThrownBy(new LineReader(closed, "standard input", LONG, LineReader.Pause.NONE)::next)
            .isInstanceOf(IOException.class).hasMessage("standard input: Bad file descriptor");
    }

    private static InputStream input(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
    }
}

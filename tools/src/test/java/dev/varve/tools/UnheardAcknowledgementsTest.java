package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nobody reads the acknowledgements any more, from any moment on: what is said of the lines is true of each of them. */
class UnheardAcknowledgementsTest {
    private static final int MOMENTS = 24;
    private static final int LINES = 200;
    /** Longer than an acknowledgement is kept back: it falls due while the next line is being read. */
    private static final long SLOW_NS = 1_500_000;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    /** Lines that are always ready, although some take their time. */
    private static final class ReadyLines extends InputStream {
        private int given;

        @Override
        public int available() {
            return 1;
        }

        @Override
        public int read() {
            return given == LINES ? -1 : '\n';
        }

        @Override
        public int read(byte[] bytes, int from, int length) {
            if (given == LINES) {
                return -1;
            }
            if (given++ % 3 == 0) {
                LockSupport.parkNanos(SLOW_NS);
            }
            byte[] line = (given + "\n").getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(line, 0, bytes, from, line.length);
            return line.length;
        }
    }

    /** A pipe whose reader goes after some writes. */
    private static final class PipeOfAReaderThatGoes extends OutputStream {
        private int writesLeft;

        PipeOfAReaderThatGoes(int writes) {
            writesLeft = writes;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            if (writesLeft-- == 0) {
                throw new IOException("Broken pipe");
            }
        }
    }

    @Test
    void shouldNameTheLastLineThatIsDurableWheneverTheReaderGoes() throws IOException {
        for (int writes = 0; writes < MOMENTS; writes++) {
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            Console console = new Console(InputStream.nullInputStream(), new OutputPipe(new PipeOfAReaderThatGoes(writes)),
                new PrintStream(errors, true, StandardCharsets.UTF_8));
            Path directory = folder.resolve("log" + writes);
            WriteAheadLog log = WriteAheadLog.open(directory, LogConfig.defaults().withSegmentAndRecordLength(1 << 20, 1 << 16));
            int status = new LineAppender(console, log, new LineAppender.Options(100, 64, true)).run(new ReadyLines(), "lines");

            String said = errors.toString(StandardCharsets.UTF_8);
            long records = CommandRun.of("cat", directory).outputText().lines().count();
            assertThat(status).as("reader gone after %d writes: %s", writes, said).isEqualTo(ExitStatus.FAILED.code());
            assertThat(said).as("reader gone after %d writes", writes).contains("after line " + records + " was left")
                .contains(records + (records == 1 ? " record, " : " records, "));
        }
    }
}

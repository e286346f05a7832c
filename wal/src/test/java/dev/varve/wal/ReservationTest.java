package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.aio.AioLimits;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a log and a reader take of the machine's AIO requests, on the real kernel, and what {@code docs/kernel-aio.md} says they do. */
@Timeout(120)
class ReservationTest {
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 20, 1 << 16);
    private static final int TRIES_MAX = 50;

    @Test
    void shouldReserveWhatTheDocumentSays() throws ReflectiveOperationException, IOException {
        List<long[]> documented = rows();
        long log = depth(LogParts.class);
        long reader = depth(Cursor.class);

        assertThat(documented).containsExactly(new long[] {log, 1, log + 1}, new long[] {reader, 1, reader + 1});
        Path folder = Files.createTempDirectory(Files.createDirectories(Path.of("target", "files").toAbsolutePath()), "log");
        assertThat(isSeen(log + 1, during -> {
            try (WriteAheadLog opened = WriteAheadLog.open(folder, CONFIG)) {
                during.accept(opened);
            }
        })).as("a log reserves %d", log + 1).isTrue();
        try (WriteAheadLog opened = WriteAheadLog.open(folder, CONFIG)) {
            assertThat(isSeen(reader + 1, during -> {
                try (Cursor cursor = opened.read(opened.headLsn())) {
                    during.accept(cursor);
                }
            })).as("a reader reserves %d", reader + 1).isTrue();
        }
    }

    /** Other processes come and go, so one quiet moment of many has to do. */
    private static boolean isSeen(long expected, Consumer<Consumer<Object>> whileOpen) {
        for (int i = 0; i < TRIES_MAX; i++) {
            long before = AioLimits.current().used();
            long[] during = new long[1];
            whileOpen.accept(_ -> during[0] = AioLimits.current().used());
            if (during[0] == before + expected && AioLimits.current().used() == before) {
                return true;
            }
        }
        return false;
    }

    private static long depth(Class<?> owner) throws ReflectiveOperationException {
        Field field = owner.getDeclaredField("DEPTH");
        field.setAccessible(true);
        return field.getInt(null);
    }

    /** The rows behind the header of the table of engines: requests, polls, and both together. */
    private static List<long[]> rows() throws IOException {
        return Files.readAllLines(Path.of("..", "docs", "kernel-aio.md")).stream()
            .dropWhile(line -> !line.startsWith("| engine | requests |")).skip(2).takeWhile(line -> line.startsWith("|"))
            .map(line -> line.split(" *\\| *"))
            .map(cells -> new long[] {Long.parseLong(cells[2]), Long.parseLong(cells[3]), Long.parseLong(cells[4])})
            .toList();
    }
}

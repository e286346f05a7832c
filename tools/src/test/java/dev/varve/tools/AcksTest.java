package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.wal.Appended;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AcksTest {
    private static final long MS_NS = 1_000_000;

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Acks acks = new Acks(new OutputPipe(output), true);
    private final long startNs = System.nanoTime() + 1000 * MS_NS;

    private String written() {
        return output.toString(StandardCharsets.US_ASCII);
    }

    @Test
    void shouldKeepBackNoLongerThanTheInterval() throws IOException {
        acks.acknowledged(1, startNs);
        assertThat(written()).isEqualTo("1\n");
        acks.acknowledged(2, startNs + MS_NS / 4);
        acks.sendIfDue(startNs + MS_NS / 2);
        assertThat(written()).isEqualTo("1\n");

        acks.sendIfDue(startNs + MS_NS);
        assertThat(written()).isEqualTo("1\n2\n");
    }

    @Test
    void shouldNotWaitForTheNextAcknowledgementWhileInputGoesOn() throws IOException {
        OutstandingAppends outstanding = new OutstandingAppends(1000, acks);
        acks.acknowledged(1, startNs);
        outstanding.add(CompletableFuture.completedFuture(new Appended(2, 2)), 1, startNs);
        assertThat(written()).isEqualTo("1\n");
        // None of these is ever acknowledged.
        for (int i = 1; i <= 4; i++) {
            long nowNs = startNs + i * MS_NS / 3;
            outstanding.begin(nowNs);
            outstanding.add(new CompletableFuture<>(), 1, nowNs);
        }
        assertThat(written()).isEqualTo("1\n2\n");
    }

    @Test
    void shouldWriteNothingUnlessItIsWanted() throws IOException {
        Acks silent = new Acks(new OutputPipe(output), false);
        silent.acknowledged(1, startNs);
        silent.send();
        assertThat(written()).isEmpty();
    }
}

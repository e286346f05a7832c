package dev.varve.engine.aio.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Files and requests belong to one AsyncIo, and nobody waits for ever for what is over. */
class OwnershipTest extends OpenRequests {
    @Test
    void whatBelongsToAnotherIsRefusedByName() {
        AioRequest own = write(0);
        try (AsyncIo other = AsyncIo.open(1, Runnable::run)) {
            assertThatThrownBy(() -> other.submit(writeOf(1))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another AsyncIo");
            assertThatThrownBy(() -> other.submit(Operation.dataSync(file))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> other.submitAll(List.of(Operation.nothing(), writeOf(1)), Waiting.WAIT))
                .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> other.cancel(own)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> other.cancelAll(file)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> other.awaitAny(List.of(own), Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
            assertThat(other.pending()).isZero();
        }
    }

    @Test
    void aFileIsTakenOverOnce() {
        IoFile opened = directory.open("file", Directory.Access.READ);
        try (AsyncFile first = io.file(opened)) {
            assertThatThrownBy(() -> io.file(opened)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("taken over before");
            assertThat(first.path()).isEqualTo(opened.path());
        }
    }

    @Test
    void aPollThatIsCancelledTwiceIsCancelledBothTimes() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            AioRequest poll = io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN));
            assertThat(io.cancel(poll)).isEqualTo(CancelOutcome.CANCELLED);
            assertThat(io.cancel(poll)).isIn(CancelOutcome.CANCELLED, CancelOutcome.ALL_DONE);
            assertThat(io.awaitAny(List.of(poll), LONG).state()).isEqualTo(AioRequest.State.CANCELLED);
            assertThat(io.cancel(poll)).isEqualTo(CancelOutcome.ALL_DONE);
        }
    }

    @Test
    void futuresAreCompletedAlthoughTheExecutorRefuses() throws Exception {
        ExecutorService ended = Executors.newSingleThreadExecutor();
        ended.shutdown();
        try (AsyncIo refused = AsyncIo.open(2, ended)) {
            RequestGroup group = refused.submitAll(List.of(Operation.nothing(), Operation.nothing()), Waiting.WAIT);
            assertThat(group.future().get(LONG.toSeconds(), TimeUnit.SECONDS)).isSameAs(group);
            assertThat(group.requests().getFirst().future().get(LONG.toSeconds(), TimeUnit.SECONDS)).isZero();
        }
    }
}

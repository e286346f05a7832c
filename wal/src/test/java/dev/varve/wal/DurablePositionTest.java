package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DurablePositionTest {
    private final DurablePosition position = new DurablePosition(100);

    @Test
    void itBeginsAtTheRecoveredEndForEveryLevel() {
        assertThat(position.endLsn(AckLevel.WRITTEN)).isEqualTo(100);
        assertThat(position.endLsn(AckLevel.DURABLE)).isEqualTo(100);
        assertThat(position.endLsn(AckLevel.PROTECTED)).isEqualTo(100);
        assertThat(position.endLsn(AckLevel.BUFFERED)).isEqualTo(Long.MAX_VALUE);
        position.await(99, AckLevel.PROTECTED);
    }

    @Test
    void whatIsDurableIsWrittenAndProtectionFollows() {
        position.advanceWritten(300);
        position.advanceDurable(200);
        assertThat(position.endLsn(AckLevel.WRITTEN)).as("only grows").isEqualTo(300);
        position.advanceDurable(400);
        assertThat(position.endLsn(AckLevel.WRITTEN)).isEqualTo(400);
        position.advanceProtected(200);
        position.advanceProtected(150);
        assertThat(position.endLsn(AckLevel.PROTECTED)).isEqualTo(200);
        assertThat(position.durableLsn()).isEqualTo(400);
    }

    @Test
    void theFirstFailureStays() {
        LogFailedException first = new LogFailedException("first", null);
        position.fail(first);
        position.fail(new LogFailedException("second", null));
        assertThat(position.failure()).isSameAs(first);
        assertThatThrownBy(() -> position.await(100, AckLevel.DURABLE)).isInstanceOf(IndeterminateAppendException.class)
            .hasMessageContaining("LSN 100").hasMessageContaining("first").hasCause(first);
        assertThatThrownBy(() -> position.awaitBelow(101, AckLevel.DURABLE)).hasMessageContaining("records below LSN 101").hasCause(first);
        position.await(99, AckLevel.DURABLE);
        position.awaitBelow(100, AckLevel.DURABLE);
    }

    @Test
    void waitersOfEveryKindAreWokenAsTheEndPassesThem() throws Exception {
        for (ExecutorService executor : List.of(Executors.newFixedThreadPool(16), Executors.newVirtualThreadPerTaskExecutor())) {
            long base = position.durableLsn();
            List<Future<Long>> waiters = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                long lsn = base + i;
                waiters.add(executor.submit(() -> {
                    position.await(lsn, AckLevel.DURABLE);
                    return position.durableLsn();
                }));
            }
            for (int i = 0; i < 16; i++) {
                position.advanceDurable(base + i + 1);
                assertThat(waiters.get(i).get()).isGreaterThan(base + i);
            }
            executor.shutdown();
        }
    }

    @Test
    void aFailureEndsEveryWait() throws Exception {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> waiter = executor.submit(() -> position.await(1000, AckLevel.PROTECTED));
            position.fail(new LogFailedException("broken", null));
            assertThatThrownBy(waiter::get).hasCauseInstanceOf(IndeterminateAppendException.class);
        }
    }
}

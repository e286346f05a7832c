package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class HousekeepingTaskTest {
    private final Deque<Runnable> later = new ArrayDeque<>();
    private int wakeUps;
    private final HousekeepingTask<String> task = new HousekeepingTask<>(later::add, () -> wakeUps++);

    private void runLater() {
        later.remove().run();
    }

    @Test
    void shouldHandTheResultOverAndWakeTheDriver() {
        assertThat(task.isDone()).isFalse();
        task.start(() -> "done");
        assertThat(task.isRunning()).isTrue();
        assertThat(task.isDone()).isFalse();
        assertThat(wakeUps).isZero();

        runLater();
        assertThat(task.isRunning()).isFalse();
        assertThat(task.isDone()).isTrue();
        assertThat(wakeUps).isEqualTo(1);
        assertThat(task.take()).isEqualTo("done");
        assertThat(task.isDone()).isFalse();
    }

    @Test
    void shouldThrowWhereTheResultIsTaken() {
        IoFailureException failure = IoFailureException.of("renaming a to b", Errno.EIO);
        task.start(() -> {
            throw failure;
        });
        runLater();

        assertThatThrownBy(task::take).isSameAs(failure);
        assertThat(wakeUps).isEqualTo(1);
        task.start(() -> "again");
        runLater();
        assertThat(task.take()).isEqualTo("again");
    }

    @Test
    void shouldHideNeitherCheckedExceptionsNorErrors() {
        task.start(() -> {
            throw new IOException("checked");
        });
        runLater();
        assertThatThrownBy(task::take).isInstanceOf(IllegalStateException.class).hasRootCauseMessage("checked");

        task.start(() -> {
            throw new AssertionError("broken");
        });
        runLater();
        assertThatThrownBy(task::take).isInstanceOf(IllegalStateException.class).hasRootCauseMessage("broken");
    }

    @Test
    void shouldNotRunForEverWhenTheExecutorRefuses() {
        HousekeepingTask<String> refused = new HousekeepingTask<>(_ -> {
            throw new RejectedExecutionException("shut down");
        }, () -> wakeUps++);

        assertThatThrownBy(() -> refused.start(() -> "never")).isInstanceOf(RejectedExecutionException.class);
        assertThat(refused.isRunning()).isFalse();
        assertThat(refused.isDone()).isFalse();
    }
}

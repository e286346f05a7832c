package dev.varve.engine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.memory.AlignedBuffer.State;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AlignedBufferTest {
    /** Every move there is, and what it leads to from each state; what is not listed is refused. */
    enum Move {
        ACQUIRE(AlignedBuffer::acquired, Map.of(State.FREE, State.FILLING)),
        CLOSE(AlignedBuffer::close, Map.of(State.FILLING, State.CLOSED)),
        LEND(AlignedBuffer::lend, Map.of(State.CLOSED, State.IN_FLIGHT)),
        TAKE_BACK(AlignedBuffer::takeBack, Map.of(State.IN_FLIGHT, State.CLOSED)),
        RELEASE(AlignedBuffer::released, Map.of(State.FILLING, State.FREE, State.CLOSED, State.FREE));

        private final Consumer<AlignedBuffer> move;
        private final Map<State, State> outcomes;

        Move(Consumer<AlignedBuffer> move, Map<State, State> outcomes) {
            this.move = move;
            this.outcomes = outcomes;
        }
    }

    private static AlignedBuffer buffer(State state) {
        AlignedBuffer buffer = new AlignedBuffer(Arena.ofAuto().allocate(8192, 4096));
        if (state != State.FREE) {
            buffer.acquired();
        }
        if (state == State.CLOSED || state == State.IN_FLIGHT) {
            buffer.close();
        }
        if (state == State.IN_FLIGHT) {
            buffer.lend();
        }
        assertThat(buffer.state()).isEqualTo(state);
        return buffer;
    }

    @ParameterizedTest
    @EnumSource
    void shouldMakeEveryLegalMoveAndNoOther(Move move) {
        for (State from : State.values()) {
            AlignedBuffer buffer = buffer(from);
            State to = move.outcomes.get(from);
            if (to == null) {
                assertThatThrownBy(() -> move.move.accept(buffer)).as("from %s", from).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("buffer is " + from);
                assertThat(buffer.state()).as("unchanged").isEqualTo(from);
            } else {
                move.move.accept(buffer);
                assertThat(buffer.state()).as("from %s", from).isEqualTo(to);
            }
        }
    }

    @Test
    void shouldShowItsMemory() {
        AlignedBuffer buffer = buffer(State.FREE);

        assertThat(buffer.length()).isEqualTo(8192);
        assertThat(buffer.memory().byteSize()).isEqualTo(8192);
    }

    @Test
    void shouldLetOneOfManyThreadsMakeAMove() throws Exception {
        int threads = 4;
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            for (int round = 0; round < 500; round++) {
                AlignedBuffer buffer = buffer(State.CLOSED);
                CountDownLatch start = new CountDownLatch(1);
                List<Future<Boolean>> moved = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    moved.add(executor.submit(attempt(buffer, start)));
                }
                start.countDown();
                int count = 0;
                for (Future<Boolean> one : moved) {
                    count += one.get() ? 1 : 0;
                }
                assertThat(count).isEqualTo(1);
            }
        }
    }

    private static Callable<Boolean> attempt(AlignedBuffer buffer, CountDownLatch start) {
        return () -> {
            start.await();
            try {
                buffer.lend();
                return true;
            } catch (IllegalStateException e) {
                return false;
            }
        };
    }
}

package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.IoRequest;
import org.junit.jupiter.api.Test;

class RequestSlotsTest {
    private final RequestSlots<IoRequest> slots = new RequestSlots<>(3);
    private final IoRequest first = new IoRequest(done -> { });
    private final IoRequest second = new IoRequest(done -> { });

    @Test
    void shouldTakeTheSlotsItAnnounced() {
        int[] announced = {slots.upcoming(0), slots.upcoming(1), slots.upcoming(2)};

        assertThat(announced).containsExactly(0, 1, 2);
        for (int slot : announced) {
            assertThat(slots.take(new IoRequest(done -> { }))).isEqualTo(slot);
        }
        assertThat(slots.free()).isZero();
        assertThat(slots.occupied()).isEqualTo(3);
    }

    @Test
    void shouldMatchCompletionsInAnyOrder() {
        long firstWord = slots.word(slots.take(first));
        long secondWord = slots.word(slots.take(second));

        assertThat(slots.release(secondWord)).isSameAs(second);
        assertThat(slots.release(firstWord)).isSameAs(first);
        assertThat(slots.free()).isEqualTo(3);
    }

    @Test
    void shouldRefuseADuplicateCompletion() {
        long word = slots.word(slots.take(first));
        slots.release(word);

        assertThatThrownBy(() -> slots.release(word)).isInstanceOf(IllegalStateException.class).hasMessageContaining("duplicate");
    }

    @Test
    void shouldRefuseACompletionOfTheSlotsFormerLife() {
        int slot = slots.take(first);
        long word = slots.word(slot);
        slots.release(word);

        assertThat(slots.take(second)).isEqualTo(slot);
        assertThatThrownBy(() -> slots.release(word)).isInstanceOf(IllegalStateException.class).hasMessageContaining("late");
        assertThat(slots.release(slots.word(slot))).isSameAs(second);
    }

    @Test
    void shouldRefuseAnUnknownCompletion() {
        assertThatThrownBy(() -> slots.release(3)).isInstanceOf(IllegalStateException.class).hasMessageContaining("unknown");
        assertThatThrownBy(() -> slots.release(-1)).isInstanceOf(IllegalStateException.class).hasMessageContaining("unknown");
        assertThatThrownBy(() -> slots.release(0)).isInstanceOf(IllegalStateException.class).hasMessageContaining("free");
    }
}

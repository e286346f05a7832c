package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Errno;
import dev.varve.engine.linux.Syscalls;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DoorbellTest {
    private final Syscalls calls = Syscalls.open();
    private final Doorbell doorbell = new Doorbell();

    @AfterEach
    void close() {
        doorbell.close();
    }

    @Test
    void shouldRememberARingWithoutASystemCall() {
        doorbell.ring();
        doorbell.ring();

        assertThat(calls.reset(doorbell.descriptor())).isEqualTo(-Errno.EAGAIN);
        assertThat(doorbell.enter()).isFalse();
        assertThat(doorbell.enter()).isTrue();
    }

    @Test
    void shouldWriteOnceHoweverOftenAWaitingOwnerIsRungAt() {
        assertThat(doorbell.enter()).isTrue();
        doorbell.ring();
        doorbell.ring();

        assertThat(doorbell.isRung()).isTrue();
        assertThat(calls.reset(doorbell.descriptor())).isEqualTo(Long.BYTES);
        doorbell.leave();
        assertThat(doorbell.isRung()).isFalse();
        assertThat(doorbell.enter()).isTrue();
    }

    @Test
    void shouldNotReachAFileThatGotItsNumber() {
        int former = doorbell.descriptor();
        assertThat(doorbell.enter()).isTrue();
        doorbell.close();
        int heir = calls.eventfd();
        try {
            doorbell.ring();
            doorbell.close();

            assertThat(heir).isEqualTo(former);
            assertThat(calls.reset(heir)).isEqualTo(-Errno.EAGAIN);
        } finally {
            calls.close(heir);
        }
    }
}

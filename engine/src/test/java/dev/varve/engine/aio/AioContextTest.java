package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class AioContextTest {
    @Test
    void shouldNameLimitsAndCommandWhenTheMachineHasNoRequestsLeft() {
        assertThat(AioContext.refusal(64, Errno.EAGAIN, new AioLimits(65_500, 65_536)))
            .isInstanceOf(StorageContractException.class)
            .hasMessageContaining("fs.aio-nr=65500")
            .hasMessageContaining("fs.aio-max-nr=65536")
            .hasMessageContaining("sysctl -w fs.aio-max-nr=1048576");
        assertThat(AioContext.refusal(64, Errno.EAGAIN, new AioLimits(1 << 20, 1 << 20)))
            .hasMessageContaining("sysctl -w fs.aio-max-nr=2097280");
    }

    @Test
    void shouldNameTheSandboxWhenTheCallIsForbidden() {
        assertThat(AioContext.refusal(64, Errno.ENOSYS, new AioLimits(-1, -1)))
            .hasMessageContaining("ENOSYS").hasMessageContaining("seccomp");
        assertThat(AioContext.refusal(64, Errno.EPERM, new AioLimits(-1, -1)))
            .hasMessageContaining("EPERM").hasMessageContaining("seccomp");
    }

    @Test
    void shouldBeRefusedMoreThanTheMachineHas() {
        AioLimits limits = AioLimits.current();
        assumeTrue(limits.max() > 0 && limits.max() < KernelAioEngine.DEPTH_MAX, "fs.aio-max-nr is unknown or very large");

        assertThatThrownBy(() -> KernelAioEngine.open((int) limits.max()))
            .isInstanceOfSatisfying(StorageContractException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EAGAIN))
            .hasMessageContaining("fs.aio-max-nr=" + limits.max());
    }

    @Test
    void shouldNotBeUsedAfterItsEnd() {
        try (Arena arena = Arena.ofShared()) {
            AioContext context = new AioContext(arena, 1);
            context.destroy();
            context.destroy();

            assertThatThrownBy(() -> context.submit(1, 0)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> context.collect(0, 1, 0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldNeverPassANegativeTimeout() {
        try (Arena arena = Arena.ofShared()) {
            AioContext context = new AioContext(arena, 1);
            try {
                assertThatThrownBy(() -> context.collect(1, 1, -1)).isInstanceOf(IllegalArgumentException.class);
            } finally {
                context.destroy();
            }
        }
    }
}

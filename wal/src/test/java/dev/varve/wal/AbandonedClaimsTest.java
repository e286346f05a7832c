package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.memory.AlignedBuffer;
import dev.varve.engine.memory.BufferPool;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Claims that nobody commits or closes. */
@Timeout(60)
class AbandonedClaimsTest {
    private static final int LARGE = Claim.IN_PLACE_LENGTH;

    private final AtomicInteger returned = new AtomicInteger();
    private final BatchBuffers buffers = new BatchBuffers(new BufferPool(MemorySource.collected(), new BufferPool.Limits(4096, 256 * 1024,
        1 << 20)));
    private final ClaimBuffers claims = new ClaimBuffers(buffers, 1 << 19, returned::incrementAndGet);

    private static void awaitCollected(BooleanSupplier isDone) {
        Outcomes.await(() -> {
            System.gc();
            return isDone.getAsBoolean();
        });
    }

    @Test
    void threeHundredLargeOnesOnOneThreadHangNobody() {
        SimulatedDisk disk = new SimulatedDisk(22, DiskSettings.quiet().threaded());
        try (WriteAheadLog log = WriteAheadLog.open(Path.of("log"), LogConfig.defaults().withSegmentAndRecordLength(1 << 20, 200_000),
            new Environment(disk, MemorySource.collected(), new SplittableRandom(1), disk::nowNs, () -> 0))) {
            for (int i = 0; i < 300; i++) {
                assertThat(log.claim(LARGE).payload().byteSize()).isEqualTo(LARGE);
            }
            assertThat(log.append(new byte[200_000])).isPositive();
        }
    }

    @Test
    void theirBuffersComeBackAndAreLentAgain() {
        for (int i = 0; i < 2; i++) {
            claims.lend(LARGE).bytes().fill((byte) 1);
        }
        assertThat(buffers.lent()).isEqualTo(2);
        assertThat(claims.held()).isEqualTo(1 << 19);
        awaitCollected(() -> claims.held() == 0);
        assertThat(returned).hasValue(2);
        assertThat(buffers.lent()).isZero();
        ClaimBuffers.Lease lease = claims.lend(LARGE);
        assertThat(buffers.lent()).as("a buffer again, not memory apart").isEqualTo(1);
        lease.end();
        assertThat(returned).hasValue(3);
    }

    @Test
    void asLongAsSomebodyCanWriteToItsMemoryAClaimIsNotTakenForAbandoned() {
        MemorySegment slice = new Claim(null, AppendOptions.defaults(), claims.lend(LARGE)).payload().asSlice(100, 8);
        for (int i = 0; i < 20; i++) {
            System.gc();
        }
        slice.set(ValueLayout.JAVA_LONG_UNALIGNED, 0, 7);
        assertThat(buffers.lent()).isEqualTo(1);
        assertThat(slice.get(ValueLayout.JAVA_LONG_UNALIGNED, 0)).isEqualTo(7);
        slice = null;
        awaitCollected(() -> buffers.lent() == 0);
    }

    @Test
    void beyondTheirShareOrWithoutABufferTheyGetMemoryApart() {
        List<AlignedBuffer> others = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            others.add(buffers.memory(256 * 1024));
        }
        ClaimBuffers.Lease apart = claims.lend(LARGE);
        assertThat(apart.bytes().byteSize()).isEqualTo(LARGE);
        assertThat(claims.held()).isZero();
        others.forEach(buffers::release);
        List<ClaimBuffers.Lease> leases = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            leases.add(claims.lend(LARGE));
        }
        assertThat(buffers.lent()).isEqualTo(2);
        assertThat(claims.held()).isEqualTo(1 << 19);
        leases.forEach(ClaimBuffers.Lease::end);
        assertThat(buffers.lent()).isZero();
        assertThat(claims.held()).isZero();
        apart.end();
    }

    @Test
    void memoryThatTheSystemRefusesIsNotCountedAsHeld() {
        MemorySource none = new MemorySource() {
            @Override
            public MemorySegment allocate(long length, int alignment) {
                throw new OutOfMemoryError("no memory, as if");
            }

            @Override
            public void free(MemorySegment memory) {
                throw new AssertionError("nothing was allocated");
            }
        };
        ClaimBuffers refused = new ClaimBuffers(new BatchBuffers(new BufferPool(none, new BufferPool.Limits(4096, 256 * 1024, 1 << 20))),
            1 << 19, returned::incrementAndGet);
        assertThatThrownBy(() -> refused.lend(LARGE)).isInstanceOf(OutOfMemoryError.class);
        assertThat(refused.held()).isZero();
    }
}

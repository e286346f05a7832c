package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Row 23: each builder gives the bytes that a C program gives which fills in the structure of the kernel's own header. */
class IocbTest {
    private static final long WORD = 0x0102030405060708L;
    private static final int FD = 0x11;
    private static final MemorySegment MEMORY = at(0x7f0011223000L, 0x2000);

    @SuppressWarnings("restricted") // Memory that is named and never touched.
    private static MemorySegment at(long address, long length) {
        return MemorySegment.ofAddress(address).reinterpret(length);
    }

    private static String encoded(Iocb iocb) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(IocbDescriptor.LENGTH, IocbDescriptor.ALIGNMENT).fill((byte) 0xff);
            iocb.encode(memory, 0, WORD);
            return HexFormat.of().formatHex(memory.toArray(ValueLayout.JAVA_BYTE));
        }
    }

    @Test
    void row23ShouldEncodeReadsAndWrites() {
        assertThat(encoded(Iocb.pread(FD, MEMORY, 1L << 40))).isEqualTo("080706050403020100000000000000000000000011000000"
            + "00302211007f0000002000000000000000000000000100000000000000000000" + "0000000000000000");
        assertThat(encoded(Iocb.pwrite(FD, MEMORY, 0x10000))).isEqualTo("080706050403020100000000000000000100000011000000"
            + "00302211007f0000002000000000000000000100000000000000000000000000" + "0000000000000000");
    }

    @Test
    void row23ShouldEncodeSyncsAndPolls() {
        assertThat(encoded(Iocb.fsync(FD))).isEqualTo("080706050403020100000000000000000200000011000000" + "00".repeat(40));
        assertThat(encoded(Iocb.fdsync(FD))).isEqualTo("080706050403020100000000000000000300000011000000" + "00".repeat(40));
        assertThat(encoded(Iocb.poll(FD, Iocb.POLLIN | Iocb.POLLOUT)))
            .isEqualTo("080706050403020100000000000000000500000011000000" + "05" + "00".repeat(39));
    }

    @Test
    void row23ShouldEncodeFlagsPriorityAndCounter() {
        assertThat(encoded(Iocb.pwrite(FD, MEMORY, 0x10000).withFlags(RwFlag.DSYNC, RwFlag.HIPRI, RwFlag.NOWAIT)))
            .isEqualTo("0807060504030201000000000b000000010000001100000000302211007f0000002000000000000000000100000000000000000000000000"
                + "0000000000000000");
        try (EventCounter counter = EventCounter.open()) {
            String descriptor = HexFormat.of().toHexDigits((byte) counter.descriptor()) + "000000";
            assertThat(counter.descriptor()).isLessThan(256);
            assertThat(encoded(Iocb.pwrite(FD, MEMORY, 0x10000).withResultCounter(counter)
                .withPriority(new IoPriority(IoPriority.Urgency.BEST_EFFORT, 7))))
                .isEqualTo("080706050403020100000000000000000100074011000000" + "00302211007f00000020000000000000000001000000000000000000"
                    + "0000000003000000" + descriptor);
            assertThat(encoded(Iocb.fdsync(FD).withResultCounter(counter)))
                .isEqualTo("080706050403020100000000000000000300000011000000" + "00".repeat(32) + "01000000" + descriptor);
        }
    }

    @Test
    void row23ShouldEncodeVectors() {
        IoVectors three = IoVectors.of(List.of(MEMORY, at(0x1000, 0x3000), MEMORY));

        assertThat(encoded(Iocb.preadv(FD, three, 0x10000))).isEqualTo("080706050403020100000000000000000700000011000000"
            + littleEndian(three.address()) + "03000000000000000000010000000000" + "00".repeat(16));
        assertThat(encoded(Iocb.pwritev(FD, IoVectors.of(Collections.nCopies(1024, MEMORY)), 0x10000)).substring(64))
            .isEqualTo("00040000000000000000010000000000" + "00".repeat(16));
        assertThat(three.length()).isEqualTo(0x7000);
    }

    private static String littleEndian(long value) {
        return HexFormat.of().toHexDigits(Long.reverseBytes(value));
    }

    @Test
    void row20ShouldRefuseMorePiecesThanTheKernelTakes() {
        assertThatThrownBy(() -> IoVectors.of(Collections.nCopies(1025, MEMORY))).isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("1025").hasMessageContaining("1024");
        assertThatThrownBy(() -> IoVectors.of(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseMemoryThatTheKernelCannotUse() {
        MemorySegment heap = MemorySegment.ofArray(new byte[4096]);

        assertThatThrownBy(() -> Iocb.pread(FD, heap, 0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("heap");
        assertThatThrownBy(() -> IoVectors.of(List.of(MEMORY, heap))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Iocb.pread(FD, MEMORY.asReadOnly(), 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Iocb.preadv(FD, IoVectors.of(List.of(MEMORY.asReadOnly())), 0))
            .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseImpossiblePriorities() {
        assertThatThrownBy(() -> new IoPriority(IoPriority.Urgency.BEST_EFFORT, 8)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new IoPriority(IoPriority.Urgency.NONE, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}

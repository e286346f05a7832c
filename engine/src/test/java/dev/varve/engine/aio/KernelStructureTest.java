package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.linux.Abi;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Offsets are literal here, from the kernel's headers, and computed in the descriptors. */
class KernelStructureTest {
    @Test
    void shouldLayIocbsOutAsTheKernelDoes() {
        assertThat(IocbDescriptor.DATA_OFFSET).isZero();
        assertThat(IocbDescriptor.KEY_OFFSET).isEqualTo(8);
        assertThat(IocbDescriptor.RW_FLAGS_OFFSET).isEqualTo(12);
        assertThat(IocbDescriptor.OPCODE_OFFSET).isEqualTo(16);
        assertThat(IocbDescriptor.PRIORITY_OFFSET).isEqualTo(18);
        assertThat(IocbDescriptor.DESCRIPTOR_OFFSET).isEqualTo(20);
        assertThat(IocbDescriptor.BUFFER_OFFSET).isEqualTo(24);
        assertThat(IocbDescriptor.BYTES_OFFSET).isEqualTo(32);
        assertThat(IocbDescriptor.FILE_OFFSET_OFFSET).isEqualTo(40);
        assertThat(IocbDescriptor.RESERVED_OFFSET).isEqualTo(48);
        assertThat(IocbDescriptor.FLAGS_OFFSET).isEqualTo(56);
        assertThat(IocbDescriptor.RESULT_DESCRIPTOR_OFFSET).isEqualTo(60);
        assertThat(IocbDescriptor.LENGTH).isEqualTo(64);
    }

    @Test
    void row16And20ShouldLayVectorsMasksAndEpollEventsOutAsTheKernelDoes() {
        assertThat(IovecDescriptor.ADDRESS_OFFSET).isZero();
        assertThat(IovecDescriptor.BYTES_OFFSET).isEqualTo(8);
        assertThat(IovecDescriptor.LENGTH).isEqualTo(16);
        assertThat(SigsetDescriptor.ADDRESS_OFFSET).isZero();
        assertThat(SigsetDescriptor.SIZE_OFFSET).isEqualTo(8);
        assertThat(new EpollEventDescriptor(Abi.X86_64).dataOffset()).isEqualTo(4);
        assertThat(new EpollEventDescriptor(Abi.X86_64).length()).isEqualTo(12);
        assertThat(new EpollEventDescriptor(Abi.AARCH64).dataOffset()).isEqualTo(8);
        assertThat(new EpollEventDescriptor(Abi.AARCH64).length()).isEqualTo(16);
    }

    @Test
    void shouldLayEventsOutAsTheKernelDoes() {
        assertThat(IoEventDescriptor.DATA_OFFSET).isZero();
        assertThat(IoEventDescriptor.IOCB_OFFSET).isEqualTo(8);
        assertThat(IoEventDescriptor.RESULT_OFFSET).isEqualTo(16);
        assertThat(IoEventDescriptor.RESULT2_OFFSET).isEqualTo(24);
        assertThat(IoEventDescriptor.LENGTH).isEqualTo(32);
    }

    @Test
    void shouldReadTheResultAndNotTheSecondOne() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(64, 8);
            memory.set(ValueLayout.JAVA_LONG, 32, 5);
            memory.set(ValueLayout.JAVA_LONG, 32 + 16, -22);
            memory.set(ValueLayout.JAVA_LONG, 32 + 24, 1);

            assertThat(IoEventDescriptor.data(memory, 32)).isEqualTo(5);
            assertThat(IoEventDescriptor.result(memory, 32)).isEqualTo(-22);
        }
    }

    @Test
    void shouldSplitTimesAndRefuseNegativeOnes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(16, 8);
            TimespecDescriptor.encode(memory, 2_000_000_003L);

            assertThat(memory.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(2);
            assertThat(memory.get(ValueLayout.JAVA_LONG, 8)).isEqualTo(3);
            assertThatThrownBy(() -> TimespecDescriptor.encode(memory, -1)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}

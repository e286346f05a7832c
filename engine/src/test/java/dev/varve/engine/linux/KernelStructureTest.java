package dev.varve.engine.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Offsets are literal here, from the kernel's headers, and computed in the descriptors. */
class KernelStructureTest {
    @Test
    void shouldLayStatxOutAsTheKernelDoes() {
        assertThat(StatxDescriptor.MASK_OFFSET).isZero();
        assertThat(StatxDescriptor.MODE_OFFSET).isEqualTo(0x1c);
        assertThat(StatxDescriptor.INODE_OFFSET).isEqualTo(0x20);
        assertThat(StatxDescriptor.SIZE_OFFSET).isEqualTo(0x28);
        assertThat(StatxDescriptor.TIMES_OFFSET).isEqualTo(0x40);
        assertThat(StatxDescriptor.SPECIAL_MAJOR_OFFSET).isEqualTo(0x80);
        assertThat(StatxDescriptor.DEVICE_MAJOR_OFFSET).isEqualTo(0x88);
        assertThat(StatxDescriptor.MOUNT_ID_OFFSET).isEqualTo(0x90);
        assertThat(StatxDescriptor.DIRECT_MEMORY_ALIGN_OFFSET).isEqualTo(0x98);
        assertThat(StatxDescriptor.DIRECT_OFFSET_ALIGN_OFFSET).isEqualTo(0x9c);
        assertThat(StatxDescriptor.ATOMIC_MIN_OFFSET).isEqualTo(0xa8);
        assertThat(StatxDescriptor.ATOMIC_MAX_OFFSET).isEqualTo(0xac);
        assertThat(StatxDescriptor.DIRECT_READ_OFFSET_ALIGN_OFFSET).isEqualTo(0xb4);
        assertThat(StatxDescriptor.ATOMIC_OPTIMUM_OFFSET).isEqualTo(0xb8);
        assertThat(StatxDescriptor.LENGTH).isEqualTo(0x100);
    }

    @Test
    void shouldReadStatx() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = statx(arena, 0x2fff, 512, 4096);
            FileStatus status = StatxDescriptor.decode(memory);

            assertThat(status.identity()).isEqualTo(new FileIdentity(0xfe00000003L, 77));
            assertThat(status.isRegular()).isTrue();
            assertThat(status.isSymbolicLink()).isFalse();
            assertThat(status.permissions()).isEqualTo(0600);
            assertThat(status.length()).isEqualTo(1L << 40);
            assertThat(status.direct()).isEqualTo(new DirectAlignment(512, 4096, 0));
            assertThat(status.direct().largest()).isEqualTo(4096);
        }
    }

    @Test
    void shouldTakeAMissingMaskBitOrAZeroAlignmentForNoDirectIo() {
        try (Arena arena = Arena.ofConfined()) {
            assertThat(StatxDescriptor.decode(statx(arena, 0x7ff, 512, 512)).direct()).isEqualTo(DirectAlignment.NONE);
            assertThat(StatxDescriptor.decode(statx(arena, 0x2fff, 0, 0)).direct()).isEqualTo(DirectAlignment.NONE);
        }
    }

    @Test
    void shouldTellReadsApartOnlyWithTheirMaskBit() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = statx(arena, 0x2fff, 512, 4096);
            memory.set(ValueLayout.JAVA_INT, 0xb4, 1024);
            assertThat(StatxDescriptor.decode(memory).direct()).isEqualTo(new DirectAlignment(512, 4096, 0));
            memory.set(ValueLayout.JAVA_INT, 0, 0x22fff);
            assertThat(StatxDescriptor.decode(memory).direct()).isEqualTo(new DirectAlignment(512, 4096, 1024));
        }
    }

    @Test
    void shouldTakeAtomicWritesForGrantedOnlyWithBitAndLimit() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = statx(arena, 0x12fff, 512, 4096);
            assertThat(StatxDescriptor.atomicWriteLengthMax(memory)).isZero();
            memory.set(ValueLayout.JAVA_INT, 0xac, 65536);
            assertThat(StatxDescriptor.atomicWriteLengthMax(memory)).isEqualTo(65536);
            memory.set(ValueLayout.JAVA_INT, 0, 0x2fff);
            assertThat(StatxDescriptor.atomicWriteLengthMax(memory)).isZero();
        }
    }

    private static MemorySegment statx(Arena arena, int mask, int memoryAlign, int offsetAlign) {
        MemorySegment memory = arena.allocate(256, 8);
        memory.set(ValueLayout.JAVA_INT, 0, mask);
        memory.set(ValueLayout.JAVA_SHORT, 0x1c, (short) 0100600);
        memory.set(ValueLayout.JAVA_LONG, 0x20, 77);
        memory.set(ValueLayout.JAVA_LONG, 0x28, 1L << 40);
        memory.set(ValueLayout.JAVA_INT, 0x88, 0xfe);
        memory.set(ValueLayout.JAVA_INT, 0x8c, 3);
        memory.set(ValueLayout.JAVA_INT, 0x98, memoryAlign);
        memory.set(ValueLayout.JAVA_INT, 0x9c, offsetAlign);
        return memory;
    }

    @Test
    void shouldLayStatfsOutAsTheKernelDoes() {
        assertThat(StatfsDescriptor.TYPE_OFFSET).isZero();
        assertThat(StatfsDescriptor.BLOCK_SIZE_OFFSET).isEqualTo(8);
        assertThat(StatfsDescriptor.NAME_LENGTH_OFFSET).isEqualTo(64);
        assertThat(StatfsDescriptor.FLAGS_OFFSET).isEqualTo(80);
        assertThat(StatfsDescriptor.LENGTH).isEqualTo(120);
    }

    @Test
    void shouldReadTheFileSystemTypeWithoutSign() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(120, 8);
            memory.set(ValueLayout.JAVA_LONG, 0, 0xffff_ffff_9123_683eL);

            assertThat(FileSystemType.label(StatfsDescriptor.type(memory))).isEqualTo("btrfs");
            assertThat(FileSystemType.objection(StatfsDescriptor.type(memory))).isNotNull();
        }
    }

    @Test
    void shouldLayLocksOutAsTheKernelDoes() {
        assertThat(FlockDescriptor.TYPE_OFFSET).isZero();
        assertThat(FlockDescriptor.BASE_OFFSET).isEqualTo(2);
        assertThat(FlockDescriptor.START_OFFSET).isEqualTo(8);
        assertThat(FlockDescriptor.RANGE_LENGTH_OFFSET).isEqualTo(16);
        assertThat(FlockDescriptor.PROCESS_OFFSET).isEqualTo(24);
        assertThat(FlockDescriptor.LENGTH).isEqualTo(32);
    }

    @Test
    void shouldReadDirectoryEntries() {
        assertThat(DirentDescriptor.LENGTH_OFFSET).isEqualTo(16);
        assertThat(DirentDescriptor.TYPE_OFFSET).isEqualTo(18);
        assertThat(DirentDescriptor.NAME_OFFSET).isEqualTo(19);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(48, 8);
            memory.set(ValueLayout.JAVA_SHORT, 24 + 16, (short) 24);
            memory.asSlice(24 + 19).copyFrom(MemorySegment.ofArray("LOCK".getBytes(StandardCharsets.US_ASCII)));

            assertThat(DirentDescriptor.length(memory, 24)).isEqualTo(24);
            assertThat(DirentDescriptor.name(memory, 24, StandardCharsets.US_ASCII)).isEqualTo("LOCK");
        }
    }
}

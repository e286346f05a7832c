package dev.varve.engine.aio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of {@code struct iocb}, one request to the kernel: 64 bytes, little-endian, 8-byte aligned. Source:
 * {@code include/uapi/linux/aio_abi.h}.
 *
 * <pre>
 *    0               8       12      16  18  20      24              32
 *    +---------------+-------+-------+---+---+-------+---------------+
 *    |     data      |  key  |rwflags|op |pri|  fd   |    buffer     |
 *   32              40              48              56      60      64
 *    +---------------+---------------+---------------+-------+-------+
 *    |     bytes     |    offset     |  reserved, 0  | flags | resfd |
 * </pre>
 *
 * <p>The kernel copies an iocb during {@code io_submit} and keeps only its address. It writes zero to the key, so the
 * memory must be writable. On big-endian machines key and rwflags are exchanged; those are refused before.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/io_submit.2.html">io_submit(2)</a>
 */
final class IocbDescriptor {
    /** Opcode: read into a buffer. */
    static final int PREAD = 0;
    /** Opcode: write a buffer. */
    static final int PWRITE = 1;
    /** Opcode: fsync. Buffer, bytes, offset and rwflags must be 0. */
    static final int FSYNC = 2;
    /** Opcode: fdatasync. Buffer, bytes, offset and rwflags must be 0. */
    static final int FDSYNC = 3;
    /** Opcode: wait once until a file is ready; the buffer field holds the events waited for. Linux 4.19. */
    static final int POLL = 5;
    /** Opcode: read into the buffers of an iovec array. */
    static final int PREADV = 7;
    /** Opcode: write the buffers of an iovec array. */
    static final int PWRITEV = 8;

    /** Flag of any request: add one to the eventfd in resfd when it is over. */
    static final int FLAG_RESFD = 0x1;
    /** Flag of a read or write: the priority field counts. Linux 4.18. */
    static final int FLAG_IOPRIO = 0x2;

    /** Flag of a write: its completion means that the bytes are durable, as with O_DSYNC. Linux 4.13. */
    static final int RWF_DSYNC = 0x2;
    /** Event of a poll: there is something to read. */
    static final int POLLIN = 0x1;

    static final int DATA_OFFSET = 0;
    static final int KEY_OFFSET = DATA_OFFSET + Long.BYTES;
    static final int RW_FLAGS_OFFSET = KEY_OFFSET + Integer.BYTES;
    static final int OPCODE_OFFSET = RW_FLAGS_OFFSET + Integer.BYTES;
    static final int PRIORITY_OFFSET = OPCODE_OFFSET + Short.BYTES;
    static final int DESCRIPTOR_OFFSET = PRIORITY_OFFSET + Short.BYTES;
    static final int BUFFER_OFFSET = DESCRIPTOR_OFFSET + Integer.BYTES;
    static final int BYTES_OFFSET = BUFFER_OFFSET + Long.BYTES;
    static final int FILE_OFFSET_OFFSET = BYTES_OFFSET + Long.BYTES;
    static final int RESERVED_OFFSET = FILE_OFFSET_OFFSET + Long.BYTES;
    static final int FLAGS_OFFSET = RESERVED_OFFSET + Long.BYTES;
    static final int RESULT_DESCRIPTOR_OFFSET = FLAGS_OFFSET + Integer.BYTES;
    static final int LENGTH = RESULT_DESCRIPTOR_OFFSET + Integer.BYTES;
    static final int ALIGNMENT = Long.BYTES;

    static {
        assert LENGTH == 64 && BUFFER_OFFSET == 24 && FLAGS_OFFSET == 56 : LENGTH;
    }

    private IocbDescriptor() {
    }

    /** The word that comes back with the completion. */
    static void data(MemorySegment memory, long at, long value) {
        memory.set(ValueLayout.JAVA_LONG, at + DATA_OFFSET, value);
    }

    /** The key; the kernel wants zero and writes zero. */
    static void key(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_INT, at + KEY_OFFSET, value);
    }

    /** The I/O priority, class and level; counts with its flag only. */
    static void priority(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_SHORT, at + PRIORITY_OFFSET, (short) value);
    }

    /** Reserved; the kernel refuses anything but zero. */
    static void reserved(MemorySegment memory, long at, long value) {
        memory.set(ValueLayout.JAVA_LONG, at + RESERVED_OFFSET, value);
    }

    /** Which of priority and resfd count. */
    static void flags(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_INT, at + FLAGS_OFFSET, value);
    }

    /** The eventfd that is told of the completion; counts with its flag only. */
    static void resultDescriptor(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_INT, at + RESULT_DESCRIPTOR_OFFSET, value);
    }

    /** The RWF flags of a read or write. */
    static void rwFlags(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_INT, at + RW_FLAGS_OFFSET, value);
    }

    /** What is asked. */
    static void opcode(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_SHORT, at + OPCODE_OFFSET, (short) value);
    }

    /** The file. */
    static void descriptor(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_INT, at + DESCRIPTOR_OFFSET, value);
    }

    /** Address of the buffer, or the events of a poll. */
    static void buffer(MemorySegment memory, long at, long value) {
        memory.set(ValueLayout.JAVA_LONG, at + BUFFER_OFFSET, value);
    }

    /** Length of the buffer, in bytes. */
    static void bytes(MemorySegment memory, long at, long value) {
        memory.set(ValueLayout.JAVA_LONG, at + BYTES_OFFSET, value);
    }

    /** Offset in the file, in bytes. */
    static void fileOffset(MemorySegment memory, long at, long value) {
        memory.set(ValueLayout.JAVA_LONG, at + FILE_OFFSET_OFFSET, value);
    }
}

package dev.varve.engine.aio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of {@code struct io_event}, one completion: 32 bytes, little-endian. Source:
 * {@code include/uapi/linux/aio_abi.h}.
 *
 * <pre>
 *    0               8               16              24              32
 *    +---------------+---------------+---------------+---------------+
 *    |     data      | iocb address  |    result     |   result 2    |
 * </pre>
 *
 * <p>The result is a byte count, or an error number negated. The second result is always zero for file I/O and is not
 * looked at.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/io_getevents.2.html">io_getevents(2)</a>
 */
final class IoEventDescriptor {
    static final int DATA_OFFSET = 0;
    static final int IOCB_OFFSET = DATA_OFFSET + Long.BYTES;
    static final int RESULT_OFFSET = IOCB_OFFSET + Long.BYTES;
    static final int RESULT2_OFFSET = RESULT_OFFSET + Long.BYTES;
    static final int LENGTH = RESULT2_OFFSET + Long.BYTES;
    static final int ALIGNMENT = Long.BYTES;

    static {
        assert LENGTH == 32 && RESULT_OFFSET == 16 : LENGTH;
    }

    private IoEventDescriptor() {
    }

    /** The word that was submitted. */
    static long data(MemorySegment memory, long at) {
        return memory.get(ValueLayout.JAVA_LONG, at + DATA_OFFSET);
    }

    /** Bytes transferred, or an error number negated. */
    static long result(MemorySegment memory, long at) {
        return memory.get(ValueLayout.JAVA_LONG, at + RESULT_OFFSET);
    }
}

package dev.varve.engine.aio;

import dev.varve.engine.linux.Abi;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of {@code struct epoll_event}, which is packed on x86-64 and not elsewhere. Source: {@code include/uapi/linux/eventpoll.h}.
 *
 * <pre>
 *    0       4               12               0       4       8               16
 *    +-------+---------------+                +-------+-------+---------------+
 *    | events|     data      |   x86-64       | events|   0   |     data      |   aarch64
 *    +-------+---------------+                +-------+-------+---------------+
 * </pre>
 *
 * <p>Immutable; any thread.
 */
final class EpollEventDescriptor {
    static final int EVENTS_OFFSET = 0;
    static final int ALIGNMENT = Long.BYTES;

    private final int dataOffset;

    EpollEventDescriptor(Abi abi) {
        dataOffset = EVENTS_OFFSET + (abi == Abi.X86_64 ? Integer.BYTES : Long.BYTES);
    }

    /** Bytes of one event. */
    int length() {
        return dataOffset + Long.BYTES;
    }

    /** Where the word begins that comes back. */
    int dataOffset() {
        return dataOffset;
    }

    /** Writes an event at the start of memory. */
    void encode(MemorySegment memory, int events, long data) {
        memory.set(ValueLayout.JAVA_INT, EVENTS_OFFSET, events);
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, dataOffset, data);
    }

    /** The word of event {@code index} of an array. */
    long data(MemorySegment memory, int index) {
        return memory.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) index * length() + dataOffset);
    }
}

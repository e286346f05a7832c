package dev.varve.engine.aio;

import dev.varve.engine.io.IoRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One iocb for each slot, and the array of pointers that a submission hands to the kernel.
 *
 * <pre>
 *   iocbs      | slot 0 | slot 1 | slot 2 | …  | last slot |
 *                   ▲        ▲                      ▲
 *   pointers   |  ──┘   |  ──┘   | …      |   ──────┘ |          in order of submission
 * </pre>
 *
 * <p>Used by one thread at a time. Invariant: in a slot that never held an {@link Iocb}, the fields that the log has no use
 * for (key, priority, reserved, flags, resfd) are zero.
 */
final class IocbSlab {
    private final MemorySegment iocbs;
    private final MemorySegment pointers;

    /**
     * Makes a slab.
     *
     * @param arena where its memory comes from, zeroed; closed after the context is destroyed only
     * @param slots how many
     */
    IocbSlab(Arena arena, int slots) {
        iocbs = arena.allocate((long) slots * IocbDescriptor.LENGTH, IocbDescriptor.ALIGNMENT);
        pointers = arena.allocate((long) slots * Long.BYTES, Long.BYTES);
    }

    /** Address of the pointer array. */
    long pointers() {
        return pointers.address();
    }

    /** Address of a slot's iocb. */
    long address(int slot) {
        return iocbs.address() + offset(slot);
    }

    /** Makes the {@code index}-th pointer point to a slot. */
    void point(int index, int slot) {
        pointers.setAtIndex(ValueLayout.JAVA_LONG, index, address(slot));
    }

    /**
     * Writes what is left of a request into a slot.
     *
     * @param slot       the slot
     * @param word       what comes back with the completion
     * @param request    the request
     * @param descriptor its file's descriptor
     */
    void encode(int slot, long word, IoRequest request, int descriptor) {
        boolean isTransfer = request.kind() == IoRequest.Kind.READ || request.kind() == IoRequest.Kind.WRITE;
        long at = offset(slot);
        IocbDescriptor.data(iocbs, at, word);
        IocbDescriptor.rwFlags(iocbs, at, request.isDurable() ? IocbDescriptor.RWF_DSYNC : 0);
        IocbDescriptor.opcode(iocbs, at, opcode(request.kind()));
        IocbDescriptor.descriptor(iocbs, at, descriptor);
        // The kernel refuses a sync whose other fields are not zero.
        IocbDescriptor.buffer(iocbs, at, isTransfer ? request.address() : 0);
        IocbDescriptor.bytes(iocbs, at, isTransfer ? request.length() - request.progress() : 0);
        IocbDescriptor.fileOffset(iocbs, at, isTransfer ? request.offset() + request.progress() : 0);
    }

    private static int opcode(IoRequest.Kind kind) {
        return switch (kind) {
            case READ -> IocbDescriptor.PREAD;
            case WRITE -> IocbDescriptor.PWRITE;
            case DATA_SYNC -> IocbDescriptor.FDSYNC;
            case SYNC -> IocbDescriptor.FSYNC;
        };
    }

    /**
     * Writes a request of any kind into a slot, all of it.
     *
     * @param slot the slot
     * @param word what comes back with the completion
     * @param iocb the request
     */
    void encode(int slot, long word, Iocb iocb) {
        iocb.encode(iocbs, offset(slot), word);
    }

    /**
     * Writes a poll for readability into a slot that nothing else uses.
     *
     * @param slot       the slot
     * @param word       what comes back with the completion
     * @param descriptor what to poll
     */
    void encodePoll(int slot, long word, int descriptor) {
        long at = offset(slot);
        IocbDescriptor.data(iocbs, at, word);
        IocbDescriptor.opcode(iocbs, at, IocbDescriptor.POLL);
        IocbDescriptor.descriptor(iocbs, at, descriptor);
        IocbDescriptor.buffer(iocbs, at, IocbDescriptor.POLLIN);
    }

    /** A slot's iocb, for tests. */
    MemorySegment iocb(int slot) {
        return iocbs.asSlice(offset(slot), IocbDescriptor.LENGTH).asReadOnly();
    }

    private static long offset(int slot) {
        return (long) slot * IocbDescriptor.LENGTH;
    }
}

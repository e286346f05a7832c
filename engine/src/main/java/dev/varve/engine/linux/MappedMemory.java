package dev.varve.engine.linux;

import dev.varve.engine.io.IoFailureException;
import java.lang.foreign.MemorySegment;

/**
 * Memory for direct I/O, mapped outside the Java heap and owned by whoever closes it.
 *
 * <p>The mapping is shared: the kernel writes into memory it has pinned, and a private mapping is split from those
 * pages when the process forks in the meantime (open(2), NOTES).
 *
 * <p>The segment has global scope, so that access costs no liveness check and no arena can free what the kernel still
 * uses. Access after {@link #close} is therefore not an exception but a crash; close it only when no request is in
 * flight.
 *
 * <p>Any thread may use and close it.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/mmap.2.html">mmap(2)</a>
 */
public final class MappedMemory implements AutoCloseable {
    private final long base;
    private final long mappedLength;
    private final MemorySegment segment;
    private boolean unmapped;

    private MappedMemory(long base, long mappedLength, MemorySegment segment) {
        this.base = base;
        this.mappedLength = mappedLength;
        this.segment = segment;
    }

    /**
     * Maps zeroed memory.
     *
     * @param length    bytes, from 1
     * @param alignment what the address is a multiple of, in bytes, a power of two
     * @return the memory
     * @throws IoFailureException with ENOMEM, if the kernel has none
     * @throws dev.varve.engine.io.StorageContractException if the platform or the JVM does not allow native calls
     */
    public static MappedMemory map(long length, int alignment) {
        if (length <= 0 || Integer.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("impossible memory: length=" + length + " alignment=" + alignment);
        }
        Syscalls calls = Syscalls.open();
        long base = map(calls, length);
        if ((base & alignment - 1) == 0) {
            return new MappedMemory(base, length, segmentAt(base, length));
        }
        // Pages nobody touches cost no memory, so the surplus is kept: it cannot be cut off without knowing the page size.
        calls.munmap(base, length);
        long mappedLength = Math.addExact(length, alignment);
        base = map(calls, mappedLength);
        long aligned = base + alignment - 1 & -(long) alignment;
        return new MappedMemory(base, mappedLength, segmentAt(aligned, length));
    }

    private static long map(Syscalls calls, long length) {
        long address = calls.mmap(length);
        if (address < 0) {
            throw IoFailureException.of("mapping " + length + " bytes of memory", (int) -address);
        }
        return address;
    }

    @SuppressWarnings("restricted") // The kernel gave out exactly this range.
    private static MemorySegment segmentAt(long address, long length) {
        return MemorySegment.ofAddress(address).reinterpret(length);
    }

    /**
     * The memory.
     *
     * @return an aligned segment of the length asked for, accessible from every thread
     */
    public MemorySegment segment() {
        return segment;
    }

    /** Gives the memory back. Idempotent. The caller vouches that nobody, the kernel included, still uses it. */
    @Override
    public synchronized void close() {
        if (!unmapped) {
            unmapped = true;
            int result = Syscalls.open().munmap(base, mappedLength);
            assert result == 0 : result;
        }
    }
}

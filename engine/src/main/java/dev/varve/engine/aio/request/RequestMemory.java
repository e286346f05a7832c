package dev.varve.engine.aio.request;

import dev.varve.engine.linux.MappedMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Memory that requests read into and write from. A part that a request has is the request's alone until it is over, and memory of which a
 * part is with a request cannot be freed; so the kernel never reaches memory that is somebody else's by then.
 *
 * <pre>
 *   |  part, with a request  |   free   |  part, with another  |        a part that overlaps one of these is refused
 * </pre>
 *
 * <p>Any thread. The caller leaves the bytes of a part alone while a request has it; that is not watched.
 */
public final class RequestMemory implements AutoCloseable {
    /** The smallest block of a file. */
    private static final int UNIT = 4096;

    private final MappedMemory mapped;
    private final Arena arena;
    private final MemorySegment segment;
    /** By unit of {@link #UNIT} bytes, whether a request has it; no two requests share one, since no file's blocks are smaller. */
    private final BitSet lent;
    private int lentParts;
    private boolean isClosed;

    /**
     * A stretch of memory.
     *
     * @param memory the whole
     * @param at     where it begins in it, in bytes
     * @param length bytes, from 1
     */
    public record Part(RequestMemory memory, long at, long length) {
        /**
         * Makes a part.
         *
         * @throws IndexOutOfBoundsException if it does not lie within the whole
         */
        public Part {
            if (at < 0 || length <= 0 || at > memory.segment.byteSize() - length) {
                throw new IndexOutOfBoundsException("part at " + at + ", length " + length + ", of " + memory.segment.byteSize()
                    + " bytes");
            }
        }

        /**
         * The bytes.
         *
         * @return the memory of this part
         */
        public MemorySegment segment() {
            return memory.segment.asSlice(at, length);
        }

        private int firstUnit() {
            return (int) (at / UNIT);
        }

        private int endUnit() {
            return (int) Math.ceilDiv(at + length, UNIT);
        }
    }

    private RequestMemory(MappedMemory mapped, Arena arena, MemorySegment segment) {
        this.mapped = mapped;
        this.arena = arena;
        this.segment = segment;
        this.lent = new BitSet(Math.toIntExact(Math.ceilDiv(segment.byteSize(), UNIT)));
    }

    /**
     * Allocates zeroed memory.
     *
     * @param length    bytes, from 1
     * @param alignment what the address is a multiple of, a power of two; for a file its block size
     * @return the memory
     */
    @SuppressWarnings({"restricted", "MustBeClosedChecker"}) // The mapping is exactly this long, and ends after the arena, in close
    public static RequestMemory allocate(long length, int alignment) {
        MappedMemory mapped = MappedMemory.map(length, alignment);
        Arena arena = Arena.ofShared();
        MemorySegment segment = MemorySegment.ofAddress(mapped.segment().address()).reinterpret(length, arena, null);
        return new RequestMemory(mapped, arena, segment);
    }

    /**
     * All of it.
     *
     * @return the memory; after {@link #close} each access is refused
     */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * A stretch of it, to be given to a request.
     *
     * @param at     where it begins, in bytes
     * @param length bytes, from 1
     * @return the part
     */
    public Part part(long at, long length) {
        return new Part(this, at, length);
    }

    /**
     * All of it, to be given to a request.
     *
     * @return the part
     */
    public Part whole() {
        return part(0, segment.byteSize());
    }

    /**
     * Lends parts to a request, all or none.
     *
     * @throws IllegalStateException if a request has some of it, or it is freed
     */
    static void lend(Part[] parts) {
        int count = 0;
        try {
            for (; count < parts.length; count++) {
                parts[count].memory.lend(parts[count]);
            }
        } finally {
            if (count < parts.length) {
                giveBack(Arrays.copyOf(parts, count));
            }
        }
    }

    /** The request they were lent to is over. */
    static void giveBack(Part[] parts) {
        for (Part part : parts) {
            part.memory.giveBack(part);
        }
    }

    private synchronized void lend(Part part) {
        if (isClosed) {
            throw new IllegalStateException("memory of a request is freed");
        }
        int taken = lent.nextSetBit(part.firstUnit());
        if (taken >= 0 && taken < part.endUnit()) {
            throw new IllegalStateException("memory from " + part.at + ", length " + part.length + ", is in use by another request,"
                + " which has some from " + Math.max(part.at, (long) taken * UNIT) + " on; wait until that is over");
        }
        lent.set(part.firstUnit(), part.endUnit());
        lentParts++;
    }

    private synchronized void giveBack(Part part) {
        assert lent.nextClearBit(part.firstUnit()) >= part.endUnit() : part;
        lent.clear(part.firstUnit(), part.endUnit());
        lentParts--;
    }

    /**
     * Frees the memory. Idempotent.
     *
     * @throws IllegalStateException if a request has some of it, and nothing is freed
     */
    @Override
    public synchronized void close() {
        if (isClosed) {
            return;
        }
        if (lentParts > 0) {
            throw new IllegalStateException("memory is in use by " + lentParts + " requests; wait until they are over, then free it");
        }
        arena.close();
        isClosed = true;
        mapped.close();
    }
}

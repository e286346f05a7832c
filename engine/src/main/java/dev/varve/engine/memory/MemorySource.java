package dev.varve.engine.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Where aligned memory comes from. Any thread may call it. */
public interface MemorySource {
    /**
     * Allocates zeroed memory.
     *
     * @param length    bytes
     * @param alignment what the address must be a multiple of, a power of two
     * @return the memory; accessible from every thread until it is freed
     */
    MemorySegment allocate(long length, int alignment);

    /**
     * Told that some of its memory is lent to nobody for now, so that its content will not be looked at again; it may be written over until
     * it is lent anew. Does nothing unless a source wants to find those who look all the same.
     *
     * @param memory a piece of what {@link #allocate} returned
     */
    default void released(MemorySegment memory) {
        // Memory needs no such word; a simulation's spoils the content.
    }

    /**
     * Gives memory back. The caller vouches that nobody, the kernel included, still uses it.
     *
     * @param memory what {@link #allocate} returned
     */
    void free(MemorySegment memory);

    /**
     * Memory that the garbage collector frees, for simulations and tools that never hand it to the kernel for long.
     *
     * @return a source whose {@link #free} does nothing
     */
    static MemorySource collected() {
        return new MemorySource() {
            @Override
            public MemorySegment allocate(long length, int alignment) {
                return Arena.ofAuto().allocate(length, alignment);
            }

            @Override
            public void free(MemorySegment memory) {
                assert memory.byteSize() > 0;
            }
        };
    }
}

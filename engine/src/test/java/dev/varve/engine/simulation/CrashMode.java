package dev.varve.engine.simulation;

/** How a power cut treats what was not durable. {@link #ANY} covers the fault model; the others but the last are cases of it. */
public enum CrashMode {
    /** Each cut draws how much survives and how much is damaged, then decides sector by sector and name by name. */
    ANY,
    /** The cache reached the medium just in time: everything completed or in flight survives. */
    KEEP_ALL,
    /** Nothing survives but what was durable. */
    DROP_UNSYNCED,
    /** Most sectors that were not durable are torn inside. */
    TEAR_UNSYNCED,
    /**
     * Many sectors that were not durable cannot be read any more, as a half-written sector of a spinning disk: reads fail with EIO until it
     * is written again. The one mode that {@link #ANY} does not include, since nobody can tell such a sector from one that was lost later.
     */
    SPOIL_UNSYNCED
}

package dev.varve.engine.simulation;

/** How a power cut treats what was not durable. Every mode is a case of the fault model; only {@link #ANY} covers all of it. */
public enum CrashMode {
    /** Each cut draws how much survives and how much is damaged, then decides sector by sector and name by name. */
    ANY,
    /** The cache reached the medium just in time: everything completed or in flight survives. */
    KEEP_ALL,
    /** Nothing survives but what was durable. */
    DROP_UNSYNCED,
    /** Most sectors that were not durable are torn inside. */
    TEAR_UNSYNCED
}

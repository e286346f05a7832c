package dev.varve.engine.simulation;

import java.util.List;

/**
 * A simulated disk as it was at one moment, with everything that was not durable then and the writes that were in flight. As often as one
 * likes it becomes a disk again, and each can meet another end.
 *
 * <p>Any thread.
 */
public final class DiskSnapshot {
    private final DiskState state;
    private final long takenAtNs;

    DiskSnapshot(DiskState state, long takenAtNs) {
        this.state = state;
        this.takenAtNs = takenAtNs;
    }

    /**
     * A disk in this state whose program has just stopped; {@link SimulatedDisk#crash()} or {@link SimulatedDisk#kill()} says how.
     *
     * @param seed its own source of chance
     * @return a new disk, to be crashed or killed before it is used
     */
    public SimulatedDisk disk(long seed) {
        return SimulatedDisk.stopped(seed, state.copy(List.of()), takenAtNs);
    }
}

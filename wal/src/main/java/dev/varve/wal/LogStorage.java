package dev.varve.wal;

import dev.varve.engine.io.Asynchrony;
import dev.varve.engine.io.StorageContract;
import java.util.Objects;

/**
 * How an open log's bytes get to disk. The headers of the segments it begins say the same.
 *
 * @param contract   what carries the bytes
 * @param asynchrony whether kernel AIO was seen to be asynchronous when the log's first segment was filled; unknown with other contracts
 * @param summary    contract, file system and device in one line, as far as they are known
 * @param refusal    why kernel AIO with direct I/O was wanted and is not used, with what mends it; empty otherwise
 * @see dev.varve.engine.probe.StorageProbe what durability costs there
 */
public record LogStorage(StorageContract contract, Asynchrony asynchrony, String summary, String refusal) {
    /** Checks that nothing is missing. */
    public LogStorage {
        Objects.requireNonNull(contract, "contract");
        Objects.requireNonNull(asynchrony, "asynchrony");
        Objects.requireNonNull(summary, "summary");
        Objects.requireNonNull(refusal, "refusal");
    }

    /**
     * Whether the log is content with less than it wanted.
     *
     * @return true if {@link StoragePolicy#PREFER_DIRECT} could not be met
     */
    public boolean isFallback() {
        return !refusal.isEmpty();
    }
}

package dev.varve.recovery;

import dev.varve.engine.io.StorageContract;
import dev.varve.engine.segment.Geometry;
import java.util.Objects;

/**
 * How to recover.
 *
 * @param geometry      measures of the segments to come
 * @param contract      how the bytes of the segments to come get to disk
 * @param verifyAtOpen  how much is read
 * @param minDurableLsn an LSN that the caller knows was acknowledged, 0 for none: a log that does not hold it is CORRUPT
 * @param progress      told how far the walk is, on the calling thread
 */
public record RecoveryOptions(Geometry geometry, StorageContract contract, VerifyAtOpen verifyAtOpen, long minDurableLsn,
                              Progress progress) {
    /** How much is read at open. */
    public enum VerifyAtOpen {
        /** The last segment is walked; of older ones header, link and footer are checked. */
        LAST,
        /** Every batch of every segment is checked. */
        ALL
    }

    /** Told how far a walk is. */
    @FunctionalInterface
    public interface Progress {
        /** Tells nobody. */
        Progress NONE = (_, _) -> { };

        /**
         * Some more was read.
         *
         * @param bytesDone  bytes read so far
         * @param bytesTotal bytes to read in all, as far as known
         */
        void read(long bytesDone, long bytesTotal);
    }

    /** Checks that nothing is missing. */
    public RecoveryOptions {
        Objects.requireNonNull(geometry, "geometry");
        Objects.requireNonNull(contract, "contract");
        Objects.requireNonNull(verifyAtOpen, "verifyAtOpen");
        Objects.requireNonNull(progress, "progress");
        if (minDurableLsn < 0) {
            throw new IllegalArgumentException("negative: minDurableLsn=" + minDurableLsn);
        }
    }
}

package dev.varve.wal;

import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import java.util.Objects;
import java.util.concurrent.Executor;

/**
 * How a log works. Change it with the {@code with…} methods, from {@link #defaults()}.
 *
 * @param segments how segments are made
 * @param limits   what is taken at most
 * @param commit   when batches are closed and anchored
 * @param opening  how the log is opened
 * @param storage  what storage it is content with; not asked when the log is opened in an environment of the caller's own
 * @param executor runs listeners and completes futures; null for one virtual thread for each acknowledged batch
 */
public record LogConfig(Segments segments, Limits limits, Commit commit, Opening opening, StoragePolicy storage, Executor executor) {
    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;

    /** Shortest segment, in bytes. */
    public static final long SEGMENT_LENGTH_MIN = 64 * KIB;
    /** Longest segment, in bytes. */
    public static final long SEGMENT_LENGTH_MAX = 1024 * MIB;

    /**
     * How segments are made.
     *
     * @param length      bytes of each segment, from 64 KiB to 1 GiB, a multiple of the block size
     * @param spareTarget segments kept ready beside the next one; one always remains for recovery
     */
    public record Segments(long length, int spareTarget) {
        /** Checks the values. */
        public Segments {
            if (length < SEGMENT_LENGTH_MIN || length > SEGMENT_LENGTH_MAX || length % Geometry.BLOCK_SIZE_MIN != 0) {
                throw new IllegalArgumentException("segmentLength=" + length + " is no multiple of " + Geometry.BLOCK_SIZE_MIN + " from "
                    + SEGMENT_LENGTH_MIN + " to " + SEGMENT_LENGTH_MAX);
            }
            if (spareTarget < 1 || spareTarget > 64) {
                throw new IllegalArgumentException("spareTarget=" + spareTarget + " is not from 1 to 64");
            }
        }
    }

    /**
     * What is taken at most.
     *
     * @param recordLength bytes of one record's payload, and of one atomic batch with its record headers
     * @param buffers      bytes of all batch buffers together, for all appends that are not durable yet
     * @param unsynced     K: batches that may be un-synced at a time; also the blind window of recovery, see docs/recovery.md
     */
    public record Limits(int recordLength, long buffers, int unsynced) {
        /** Checks the values. */
        public Limits {
            if (recordLength < 0) {
                throw new IllegalArgumentException("negative: recordLengthMax=" + recordLength);
            }
            if (buffers < 2L * recordLength || buffers < MIB) {
                throw new IllegalArgumentException("buffersMax=" + buffers + " is less than 1 MiB or less than twice recordLengthMax="
                    + recordLength);
            }
            if (unsynced < 1 || unsynced > Geometry.UNSYNCED_MAX_LIMIT) {
                throw new IllegalArgumentException("unsyncedMax=" + unsynced + " is not from 1 to " + Geometry.UNSYNCED_MAX_LIMIT);
            }
        }
    }

    /**
     * When batches are closed and anchored.
     *
     * @param batchLength   bytes at which a batch is full, its header included
     * @param batchDelayNs  how long an open batch waits at most while another is un-synced, in nanoseconds
     * @param anchorDelayNs how long after the last acknowledgement the manifest says so, in nanoseconds
     * @param stallLimitNs  how long a closed batch may wait for an appender that does not finish copying, and how long a request may be
     *                      with the kernel before {@link WriteAheadLog#health} says so, in nanoseconds
     */
    public record Commit(int batchLength, long batchDelayNs, long anchorDelayNs, long stallLimitNs) {
        /** Checks the values. */
        public Commit {
            if (batchLength < Geometry.BLOCK_SIZE_MIN || batchLength > 16 * MIB || batchLength % Geometry.BLOCK_SIZE_MIN != 0) {
                throw new IllegalArgumentException("batchLength=" + batchLength + " is no multiple of " + Geometry.BLOCK_SIZE_MIN
                    + " up to 16 MiB");
            }
            if (batchDelayNs < 0 || anchorDelayNs < 0 || stallLimitNs <= 0) {
                throw new IllegalArgumentException("negative: batchDelayNs=" + batchDelayNs + " anchorDelayNs=" + anchorDelayNs
                    + " stallLimitNs=" + stallLimitNs);
            }
        }
    }

    /**
     * How the log is opened.
     *
     * @param verifyAtOpen  how much is read
     * @param minDurableLsn an LSN known to be acknowledged, 0 for none; opening a log that does not hold it is refused
     */
    public record Opening(VerifyAtOpen verifyAtOpen, long minDurableLsn) {
        /** Checks the values. */
        public Opening {
            Objects.requireNonNull(verifyAtOpen, "verifyAtOpen");
            if (minDurableLsn < 0) {
                throw new IllegalArgumentException("negative: minDurableLsn=" + minDurableLsn);
            }
        }
    }

    /** Checks that the record limit fits a segment, and that the buffers hold a record and the batches around it. */
    public LogConfig {
        long room = segments.length() - (long) Geometry.RESERVED_BLOCKS * Geometry.BLOCK_SIZE_MIN;
        if (batchBytes(limits.recordLength()) > room) {
            throw new IllegalArgumentException("recordLengthMax=" + limits.recordLength() + " does not fit into segmentLength="
                + segments.length() + ": at most " + (room - BatchHeaderDescriptor.LENGTH - RecordDescriptor.HEADER_LENGTH)
                + " bytes of payload do");
        }
        long needed = buffersMin(limits, commit);
        if (limits.buffers() < needed) {
            throw new IllegalArgumentException("buffersMax=" + limits.buffers() + " is less than the " + needed + " bytes that batchLength="
                + commit.batchLength() + " and recordLengthMax=" + limits.recordLength() + " need");
        }
        Objects.requireNonNull(opening, "opening");
        Objects.requireNonNull(storage, "storage");
    }

    private static long buffersMin(Limits limits, Commit commit) {
        return 2L * commit.batchLength() + batchBytes(limits.recordLength()) + Geometry.BLOCK_SIZE_MAX;
    }

    /** Bytes of the buffers that open claims may hold: at most half, and never what the longest record and the batches around it need. */
    long claimedMax() {
        return Math.min(limits.buffers() / 2, limits.buffers() - buffersMin(limits, commit));
    }

    private static long batchBytes(long recordLength) {
        return BatchHeaderDescriptor.LENGTH + RecordDescriptor.alignedLength(recordLength);
    }

    /**
     * What suits most.
     *
     * @return segments of 64 MiB, records up to 16 MiB, buffers up to 64 MiB, batches of 256 KiB, K = 4, anchor after 50 ms;
     *         kernel AIO with direct I/O or nothing
     */
    public static LogConfig defaults() {
        return new LogConfig(new Segments(64 * MIB, 1), new Limits((int) (16 * MIB), 64 * MIB, 4),
            new Commit((int) (256 * KIB), 2_000_000, 50_000_000, 10_000_000_000L), new Opening(VerifyAtOpen.LAST, 0),
            StoragePolicy.REQUIRE_DIRECT, null);
    }

    /**
     * With another segment length.
     *
     * @param length bytes
     * @return the changed configuration
     */
    public LogConfig withSegmentLength(long length) {
        return new LogConfig(new Segments(length, segments.spareTarget()), limits, commit, opening, storage, executor);
    }

    /**
     * With segments of another length and records of another limit: for small segments both must change at once.
     *
     * @param length          bytes of a segment
     * @param recordLengthMax bytes of the largest payload
     * @return the changed configuration
     */
    public LogConfig withSegmentAndRecordLength(long length, int recordLengthMax) {
        return new LogConfig(new Segments(length, segments.spareTarget()),
            new Limits(recordLengthMax, Math.max(limits.buffers(), 2L * recordLengthMax), limits.unsynced()), commit, opening, storage,
            executor);
    }

    /**
     * With another limit for records; the buffers grow with it if they must.
     *
     * @param recordLengthMax bytes of the largest payload
     * @return the changed configuration
     */
    public LogConfig withRecordLengthMax(int recordLengthMax) {
        return withSegmentAndRecordLength(segments.length(), recordLengthMax);
    }

    /**
     * With other limits.
     *
     * @param newLimits the limits
     * @return the changed configuration
     */
    public LogConfig withLimits(Limits newLimits) {
        return new LogConfig(segments, newLimits, commit, opening, storage, executor);
    }

    /**
     * With another closing rule.
     *
     * @param newCommit the rule's values
     * @return the changed configuration
     */
    public LogConfig withCommit(Commit newCommit) {
        return new LogConfig(segments, limits, newCommit, opening, storage, executor);
    }

    /**
     * Opened another way.
     *
     * @param newOpening how
     * @return the changed configuration
     */
    public LogConfig withOpening(Opening newOpening) {
        return new LogConfig(segments, limits, commit, newOpening, storage, executor);
    }

    /**
     * On other storage.
     *
     * @param newStorage what storage the log is content with
     * @return the changed configuration
     */
    public LogConfig withStorage(StoragePolicy newStorage) {
        return new LogConfig(segments, limits, commit, opening, newStorage, executor);
    }

    /**
     * With an executor of the caller's own. A callback that waits for another callback needs an executor with more than one thread.
     *
     * @param newExecutor runs listeners and completes futures
     * @return the changed configuration
     */
    public LogConfig withExecutor(Executor newExecutor) {
        return new LogConfig(segments, limits, commit, opening, storage, newExecutor);
    }

    /** The measures of segments to come, in blocks of a directory. */
    Geometry geometry(int blockSize) {
        if (segments.length() % blockSize != 0) {
            throw new IllegalArgumentException("segmentLength=" + segments.length() + " is no multiple of the file system's block, "
                + blockSize + " bytes");
        }
        if (commit.batchLength() > blockSize && commit.batchLength() % blockSize != 0) {
            throw new IllegalArgumentException("batchLength=" + commit.batchLength() + " is no multiple of the file system's block, "
                + blockSize + " bytes");
        }
        int blockCount = (int) (segments.length() / blockSize);
        long batchMax = Math.max(batchBytes(limits.recordLength()), commit.batchLength());
        int batchBlocksMax = (int) Math.min((batchMax + blockSize - 1) / blockSize, blockCount - Geometry.RESERVED_BLOCKS);
        if ((long) batchBlocksMax * blockSize < batchBytes(limits.recordLength())) {
            throw new IllegalArgumentException("recordLengthMax=" + limits.recordLength() + " does not fit into segmentLength="
                + segments.length() + " in blocks of " + blockSize + " bytes");
        }
        return new Geometry(blockSize, blockCount, limits.unsynced(), batchBlocksMax);
    }
}

package dev.varve.recovery;

import dev.varve.recovery.RecoveryOptions.Progress;

/** Counts the bytes that were read and tells how far a walk is. Owned by the thread that reads. */
final class ReadMeter {
    private final Progress progress;
    private long done;
    private long total;

    ReadMeter(Progress progress) {
        this.progress = progress;
    }

    /** More will have to be read than was known so far. */
    void expect(long bytes) {
        total += bytes;
    }

    void read(long bytes) {
        done += bytes;
        progress.read(done, Math.max(done, total));
    }

    long bytesRead() {
        return done;
    }
}

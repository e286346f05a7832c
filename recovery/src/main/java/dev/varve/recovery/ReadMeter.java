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

    /** All is read once more: what was expected and not read does not count any longer. */
    void restart() {
        total = done;
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

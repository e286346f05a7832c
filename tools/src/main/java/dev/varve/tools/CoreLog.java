package dev.varve.tools;

import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What the core logs. Its news, what storage it chose, and why it refuses a log, the commands tell in their own words, so only other
 * warnings are shown.
 */
final class CoreLog {
    // Held here, since a logger that nobody holds is forgotten with its level.
    private static final Logger ALL = Logger.getLogger("dev.varve");
    private static final Logger RECOVERY = Logger.getLogger("dev.varve.recovery");
    private static final Logger STORAGE = Logger.getLogger("dev.varve.wal.StorageChoice");

    private CoreLog() {
    }

    /** From now on only warnings are shown, and none of what becomes an exception or a report. */
    static void showWarnings() {
        ALL.setLevel(Level.WARNING);
        RECOVERY.setLevel(Level.OFF);
        STORAGE.setLevel(Level.OFF);
    }
}

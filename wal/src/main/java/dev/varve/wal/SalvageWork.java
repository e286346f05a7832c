package dev.varve.wal;

import dev.varve.engine.io.Directory;
import dev.varve.recovery.Islands;
import dev.varve.recovery.Recovery;

/**
 * What a salvage copies.
 *
 * @param source    the damaged log's directory
 * @param islands   what was found in it
 * @param resources what to read and write with
 * @param options   whom to tell
 */
record SalvageWork(Directory source, Islands islands, Recovery.Resources resources, SalvageOptions options) {
}

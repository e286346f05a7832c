package dev.varve.wal;

import dev.varve.engine.simulation.Damage;
import java.util.Map;
import java.util.TreeMap;

/**
 * All files of a directory, as they are.
 *
 * @param damage access to the directory
 */
record SalvageFiles(Damage damage) {
    Map<String, byte[]> all() {
        Map<String, byte[]> files = new TreeMap<>();
        damage.names().forEach(name -> files.put(name, damage.bytes(name)));
        return files;
    }
}

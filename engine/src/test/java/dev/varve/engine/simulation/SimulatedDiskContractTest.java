package dev.varve.engine.simulation;

import dev.varve.engine.io.Disk;
import java.nio.file.Path;

class SimulatedDiskContractTest extends DiskContractTest {
    @Override
    Disk disk() {
        return new SimulatedDisk(7, DiskSettings.quiet());
    }

    @Override
    Path path() {
        return Path.of("/simulated/log");
    }
}

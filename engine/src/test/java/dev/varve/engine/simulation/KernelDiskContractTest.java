package dev.varve.engine.simulation;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Disk;

class KernelDiskContractTest extends RealDiskContractTest {
    @Override
    Disk disk() {
        return new KernelDisk();
    }
}

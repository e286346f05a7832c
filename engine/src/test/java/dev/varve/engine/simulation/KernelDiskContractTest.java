package dev.varve.engine.simulation;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Disk;
import dev.varve.engine.linux.BuildTree;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class KernelDiskContractTest extends DiskContractTest {
    @TempDir(factory = BuildTree.class)
    private Path temporary;

    @Override
    Disk disk() {
        return new KernelDisk();
    }

    @Override
    Path path() {
        return temporary.resolve("log");
    }
}

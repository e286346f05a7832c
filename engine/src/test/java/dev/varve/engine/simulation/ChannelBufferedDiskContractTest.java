package dev.varve.engine.simulation;

import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.linux.BuildTree;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class ChannelBufferedDiskContractTest extends DiskContractTest {
    @TempDir(factory = BuildTree.class)
    private Path temporary;

    @Override
    Disk disk() {
        return new ChannelDisk(contract());
    }

    @Override
    Path path() {
        return temporary.resolve("log");
    }

    @Override
    StorageContract contract() {
        return StorageContract.CHANNEL_BUFFERED;
    }
}

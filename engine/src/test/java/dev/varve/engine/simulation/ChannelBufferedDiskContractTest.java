package dev.varve.engine.simulation;

import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.StorageContract;

class ChannelBufferedDiskContractTest extends RealDiskContractTest {
    @Override
    Disk disk() {
        return new ChannelDisk(contract());
    }

    @Override
    StorageContract contract() {
        return StorageContract.CHANNEL_BUFFERED;
    }
}

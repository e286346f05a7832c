package dev.varve.engine.simulation;

import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.StorageContract;

class ChannelDirectDiskContractTest extends RealDiskContractTest {
    @Override
    Disk disk() {
        return new ChannelDisk(contract());
    }

    @Override
    StorageContract contract() {
        return StorageContract.CHANNEL_DIRECT;
    }
}

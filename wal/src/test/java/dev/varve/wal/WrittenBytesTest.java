package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** What reaches the disk besides records: nothing that the memory held before. */
class WrittenBytesTest {
    private static final byte CANARY = (byte) 0xca;
    private static final int RUN = 4;
    private static final int SEGMENT = 1 << 17;

    private final SimulatedDisk disk = new SimulatedDisk(41, DiskSettings.quiet());

    /** Memory that is full of what must not be written. */
    private static final MemorySource DIRTY = new MemorySource() {
        @Override
        public MemorySegment allocate(long length, int alignment) {
            MemorySegment memory = MemorySource.collected().allocate(length, alignment);
            // Zeros for new segments are asked for as such; batch buffers and single blocks must not rely on them.
            return length >= SEGMENT ? memory : memory.fill(CANARY);
        }

        @Override
        public void free(MemorySegment memory) {
            MemorySource.collected().free(memory);
        }
    };

    @Test
    void paddingOfRecordsBatchesAndBlocksIsZeroWhateverTheBuffersHeld() {
        Environment plain = SimulatedLog.environment(disk, 41);
        LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(SEGMENT, 90_000)
            .withCommit(new LogConfig.Commit(1 << 14, 0, 50_000_000, 1_000_000_000));
        SimulatedLog log = SimulatedLog.open(disk, config, new Environment(disk, DIRTY, plain.random(), plain.nanos(), plain.millis()));
        for (int i = 0; i < 60; i++) {
            int length = i % 10 == 9 ? 70_001 + i : 37 * i + 1;
            log.turnUntil(() -> log.offer(new byte[length], AckLevel.DURABLE, null) > 0);
            if (i % 3 == 0) {
                log.drain();
            }
        }
        log.drain();
        assertThat(log.parts().roll().rolls()).isPositive();
        assertThat(log.close()).isTrue();
        int segments = 0;
        try (Directory directory = disk.openDirectory(SimulatedLog.DIRECTORY, false); IoQueue queue = new IoQueue(disk.openEngine(4))) {
            for (String name : directory.list()) {
                if (SegmentName.segmentIn(name) > 0 || name.equals(SegmentName.MANIFEST)) {
                    segments++;
                    checkNoCanary(name, directory, queue);
                }
            }
        }
        assertThat(segments).isGreaterThan(3);
    }

    private static void checkNoCanary(String name, Directory directory, IoQueue queue) {
        try (IoFile file = directory.open(name, Directory.Access.READ)) {
            MemorySegment memory = Arena.ofAuto().allocate(file.length(), 4096);
            queue.run(new IoRequest(_ -> { }).read(file, 0, memory));
            int run = 0;
            for (long at = 0; at < memory.byteSize(); at++) {
                run = memory.get(ValueLayout.JAVA_BYTE, at) == CANARY ? run + 1 : 0;
                assertThat(run).as("canary in %s at %d", name, at).isLessThan(RUN);
            }
        }
    }
}

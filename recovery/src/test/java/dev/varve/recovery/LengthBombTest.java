package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.LogRepair.Part;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lengths and counts that claim more than there is, behind checksums that are right: they cost what is there, not what they claim. */
class LengthBombTest {
    private static final int BLOCK = 4096;
    /** 1 MiB, in batches that cross the chunks in which a file is read. */
    private static final Geometry CROSSING = new Geometry(BLOCK, 256, 2, 100);
    private static final int[] CLAIMS = {0, -1, 1, 99, 100, 101, 255, 256, 257, BLOCK, 1 << 18, 1 << 20, 1 << 22, (1 << 30) - 128, 1 << 30,
        Integer.MAX_VALUE - 127, Integer.MAX_VALUE, Integer.MIN_VALUE};

    private final LogFixture log = LogFixture.simulated(new SimulatedDisk(11, DiskSettings.quiet()), CROSSING);
    private final MeteredMemory memory = new MeteredMemory();
    private final List<Integer> blocks = new ArrayList<>();
    private LogImage image;

    @BeforeEach
    void append() {
        TestWriter writer = log.open();
        blocks.add(writer.append("small", "x".repeat(300_000)).content().block());
        blocks.add(writer.append("y".repeat(390_000), "z").content().block());
        blocks.add(writer.append("last").content().block());
        log.crash();
        image = LogImage.of(log.damage());
        log.disk().crash(CrashMode.KEEP_ALL);
    }

    private String run(LogImage changed, long seed) {
        LogRepair repair = new LogRepair(changed, EnumSet.allOf(Part.class));
        repair.run();
        LogRepair before = new LogRepair(image, EnumSet.noneOf(Part.class));
        before.run();
        SimulatedDisk disk = log.disk().fork(1);
        changed.restore(disk.damage(java.nio.file.Path.of("log")), image);
        FuzzedLog.Records records = new FuzzedLog.Records(before.whole(), new HashMap<>(repair.repaired()));
        FuzzedLog fuzzed = new FuzzedLog(disk, changed, records, new Random(seed), memory);
        fuzzed.run();
        return fuzzed.outcome();
    }

    @Test
    void noClaimOfABatchCostsMoreThanTheFileHolds() {
        for (int block : blocks) {
            for (int field : List.of(BatchHeaderDescriptor.BLOCKS_OFFSET, BatchHeaderDescriptor.BODY_LENGTH_OFFSET,
                BatchHeaderDescriptor.RECORD_COUNT_OFFSET, BatchHeaderDescriptor.LENGTH + RecordDescriptor.LENGTH_OFFSET)) {
                for (int claim : CLAIMS) {
                    LogImage changed = image.copy();
                    ByteBuffer file = changed.changed(LogFixture.SEGMENT_1);
                    file.putInt(block * BLOCK + field, claim);
                    assertThat(run(changed, claim)).as("%d at %d of block %d", claim, field, block).isNotEmpty();
                }
            }
        }
    }

    @Test
    void noClaimOfASegmentCostsMoreThanTheFileHolds() {
        for (int field : List.of(SegmentHeaderDescriptor.BLOCK_SIZE_OFFSET, SegmentHeaderDescriptor.BLOCK_COUNT_OFFSET,
            SegmentHeaderDescriptor.UNSYNCED_MAX_OFFSET, SegmentHeaderDescriptor.BATCH_BLOCKS_MAX_OFFSET)) {
            for (int claim : CLAIMS) {
                LogImage changed = image.copy();
                ByteBuffer file = changed.changed(LogFixture.SEGMENT_1);
                file.putInt(field, claim);
                file.putInt(255 * BLOCK + field, claim);
                assertThat(run(changed, claim)).as("%d at %d of the header", claim, field).isNotEmpty();
            }
        }
    }

    @Test
    void whatIsThereIsReadThoughItCrossesChunks() {
        List<String> outcomes = LongStream.range(0, 10).mapToObj(seed -> run(image.copy(), seed)).toList();
        assertThat(outcomes).allMatch(outcome -> outcome.endsWith("; CRASH_TAIL, continued"));
        assertThat(outcomes).anyMatch(outcome -> outcome.contains("read some"));
    }
}

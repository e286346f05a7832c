package dev.varve.wal;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Evidence;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What lies behind the place where a recovery's walk stopped, looked at by the test itself. */
final class LaterBatches {
    private final MemorySegment bytes;
    private final SegmentHeader segment;
    private final Evidence evidence;

    private LaterBatches(MemorySegment bytes, SegmentHeader segment, Evidence evidence) {
        this.bytes = bytes;
        this.segment = segment;
        this.evidence = evidence;
    }

    /** Whether a batch lies there that this life of the segment wrote and that is whole, header and body. */
    static boolean isAnyWhole(SimulatedDisk disk, List<SegmentHeader> segments, Evidence evidence) {
        SegmentHeader walked = segments.stream().filter(header -> header.segment() == evidence.stop().segment()).findFirst().orElseThrow();
        try (Directory directory = disk.openDirectory(SimulatedLog.DIRECTORY, false); IoQueue queue = new IoQueue(disk.openEngine(4));
             IoFile file = directory.open(SegmentName.of(walked.segment()), Directory.Access.READ)) {
            MemorySegment bytes = Arena.ofAuto().allocate(file.length(), walked.geometry().blockSize());
            queue.run(new IoRequest(_ -> { }).read(file, 0, bytes));
            return new LaterBatches(bytes, walked, evidence).isAnyWhole();
        }
    }

    private boolean isAnyWhole() {
        for (int block = evidence.stop().block() + 1; block < segment.geometry().copyBlock(); block++) {
            if (isWhole(block, (long) block * segment.geometry().blockSize())) {
                return true;
            }
        }
        return false;
    }

    private boolean isWhole(int block, long at) {
        if (BatchHeaderDescriptor.check(bytes, at) != Defect.NONE) {
            return false;
        }
        BatchHeader header = BatchHeaderDescriptor.decode(bytes, at);
        if (BatchRule.belongs(header, segment, block) != Defect.NONE || header.batch() <= evidence.lastBatch()) {
            return false;
        }
        long length = (long) header.content().blocks() * segment.geometry().blockSize() - BatchHeaderDescriptor.LENGTH;
        return Checksum.of(bytes, at + BatchHeaderDescriptor.LENGTH, length) == header.bodyCrc();
    }
}

package dev.varve.wal;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.simulation.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The disk as a log sees it, and a book of every batch that the log gave to it: where each belongs, whatever the disk makes of it.
 *
 * <p>Owned by one thread; lives as long as the disk.
 */
final class BatchLedger implements Disk {
    private final SimulatedDisk disk;
    /** By the salt of a segment's life, by number. */
    private final Map<Long, TreeMap<Long, BatchHeader>> batches = new HashMap<>();

    BatchLedger(SimulatedDisk disk) {
        this.disk = disk;
    }

    /** A batch of a live segment. */
    record Placed(SegmentHeader segment, BatchHeader header) {
        long number() {
            return header.batch();
        }

        long offset() {
            return (long) header.content().block() * segment.geometry().blockSize();
        }

        int length() {
            return header.content().blocks() * segment.geometry().blockSize();
        }

        long lsn() {
            return segment.lsnOfBlock(header.content().block());
        }

        long endLsn() {
            return segment.lsnOfBlock(header.endBlock());
        }

        @Override
        public String toString() {
            return "batch " + number() + " at block " + header.content().block() + " of segment " + segment.segment();
        }
    }

    @Override
    public Directory openDirectory(Path path, boolean create) {
        return disk.openDirectory(path, create);
    }

    @Override
    public IoEngine openEngine(int depth) {
        return new Booking(disk.openEngine(depth));
    }

    /** Every batch that was given to the disk in these segments, lowest first, without those that a successor's header cut off. */
    List<Placed> placed(List<SegmentHeader> segments) {
        List<Placed> placed = new ArrayList<>();
        for (int i = 0; i < segments.size(); i++) {
            SegmentHeader segment = segments.get(i);
            long last = i + 1 < segments.size() ? segments.get(i + 1).predecessor().batch() : Long.MAX_VALUE;
            batches.getOrDefault(segment.salt(), new TreeMap<>()).headMap(last, true).values()
                .forEach(header -> placed.add(new Placed(segment, header)));
        }
        return placed;
    }

    private void book(IoRequest request) {
        if (request.kind() != IoRequest.Kind.WRITE || BatchHeaderDescriptor.check(request.memory(), 0) != Defect.NONE) {
            return;
        }
        BatchHeader header = BatchHeaderDescriptor.decode(request.memory(), 0);
        if (request.offset() == (long) header.content().block() * request.file().blockSize()) {
            batches.computeIfAbsent(header.life().salt(), _ -> new TreeMap<>()).put(header.batch(), header);
        }
    }

    private final class Booking implements IoEngine {
        private final IoEngine engine;

        Booking(IoEngine engine) {
            this.engine = engine;
        }

        @Override
        public int depth() {
            return engine.depth();
        }

        @Override
        public int submit(IoRequest[] requests, int from, int to) {
            for (int i = from; i < to; i++) {
                book(requests[i]);
            }
            return engine.submit(requests, from, to);
        }

        @Override
        public int reap(IoRequest[] done, int min, long timeoutNs) {
            return engine.reap(done, min, timeoutNs);
        }

        @Override
        public void wakeUp() {
            engine.wakeUp();
        }

        @Override
        public StorageContract contract() {
            return engine.contract();
        }

        @Override
        public void close() {
            engine.close();
        }
    }
}

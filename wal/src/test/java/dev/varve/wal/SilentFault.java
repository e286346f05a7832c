package dev.varve.wal;

import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.Damage;
import dev.varve.engine.simulation.FaultScript;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;

/** What disks do to data without a word, done to a log's. Owned by one thread. */
final class SilentFault {
    /** What happens to a batch at rest. */
    private enum Rot { FLIPPED_BIT, FLIPPED_BIT_IN_HEADER, ZEROED_SECTOR, GARBLED_SECTOR, ZEROED_BLOCK, MISPLACED_BLOCK, STALE_BLOCK,
        LOST_BATCH, UNREADABLE_SECTOR }

    /** What happens beside the batches, and must do no harm. */
    private enum Harmless { FREE_BLOCK, HEADER, HEADER_COPY, MANIFEST_SLOT }

    private static final String SEGMENTS = "*.varve";
    private static final int SECTOR = 512;
    private static final int SLOT_DISTANCE = 65536;
    private static final int HEADER_LENGTH = 128;

    private final World world;
    private final SplittableRandom random;

    SilentFault(World world) {
        this.world = world;
        this.random = world.random();
    }

    /** Damages a disk that is like the world's own, at rest, and judges what recovery makes of it. */
    void rot(SimulatedDisk other, Known known, LogConfig config) {
        other.kill();
        other.capacity(Long.MAX_VALUE);
        List<BatchLedger.Placed> synced = known.synced();
        if (world.oneIn(8)) {
            misread(other, known, config);
        } else if (synced.isEmpty() || world.oneIn(6)) {
            harmless(other, known, config);
        } else {
            // The last ones are where it is hard.
            int last = synced.size() - 1;
            int index = random.nextBoolean() ? random.nextInt(synced.size()) : last - Math.min(last, random.nextInt(8));
            rot(other, known, synced.get(index), config);
        }
        world.done(other);
    }

    private void rot(SimulatedDisk other, Known known, BatchLedger.Placed batch, LogConfig config) {
        Rot rot = Rot.values()[random.nextInt(Rot.values().length)];
        Damage damage = other.damage(SimulatedLog.DIRECTORY);
        String name = SegmentName.of(batch.segment().segment());
        byte[] before = damage.bytes(name);
        int blockSize = batch.segment().geometry().blockSize();
        long block = batch.offset() / blockSize + random.nextInt(batch.length() / blockSize);
        long sector = batch.offset() + (long) random.nextInt(batch.length() / SECTOR) * SECTOR;
        switch (rot) {
            case FLIPPED_BIT -> damage.flipBit(name, batch.offset() + random.nextInt(batch.length()), random.nextInt(Byte.SIZE));
            case FLIPPED_BIT_IN_HEADER -> damage.flipBit(name, batch.offset() + random.nextInt(HEADER_LENGTH), random.nextInt(Byte.SIZE));
            case ZEROED_SECTOR -> damage.overwrite(name, sector, new byte[SECTOR]);
            case GARBLED_SECTOR -> damage.overwrite(name, sector, garbage(SECTOR));
            case ZEROED_BLOCK -> damage.zeroBlock(name, block);
            case MISPLACED_BLOCK -> misplace(damage, known, name, block);
            case STALE_BLOCK -> damage.overwrite(name, block * blockSize, world.earlier(name, block * blockSize, blockSize));
            case LOST_BATCH -> damage.overwrite(name, batch.offset(), world.earlier(name, batch.offset(), batch.length()));
            case UNREADABLE_SECTOR -> damage.unreadable(name, sector, SECTOR);
        }
        boolean isUnreadable = rot == Rot.UNREADABLE_SECTOR;
        if (!isUnreadable && !Judgement.isChanged(before, damage.bytes(name), batch)) {
            world.met("damage that changed nothing");
            return;
        }
        world.story().tell("on a copy:", rot, "of", batch, "where D is", known.durable(), "anchored", known.anchored());
        world.met("rot: " + rot);
        new Judgement(world, other, known).judge(batch, isUnreadable, config);
    }

    /** A read gives what lies elsewhere in the file, once; what is on the disk is whole. */
    private void misread(SimulatedDisk other, Known known, LogConfig config) {
        String name = random.nextInt(4) == 0 ? "MANIFEST" : SEGMENTS;
        int nth = random.nextInt(1, 8);
        long distance = (1 + random.nextInt(16)) * 4096L;
        world.story().tell("on a copy: READ", nth, "of", name, "is", distance, "off, where D is", known.durable());
        other.faults().misdirect(Occasion.nth(Operation.READ, name, nth), distance);
        new Judgement(world, other, known).judgeMisread(config);
    }

    private byte[] garbage(int length) {
        byte[] garbage = new byte[length];
        random.nextBytes(garbage);
        return garbage;
    }

    /** A misdirected write: some other block of the log lies here instead. */
    private void misplace(Damage damage, Known known, String name, long block) {
        SegmentHeader from = known.segments().get(random.nextInt(known.segments().size()));
        damage.copyBlock(SegmentName.of(from.segment()), random.nextInt(from.geometry().blockCount()), name, block);
    }

    /** Damage that hits nothing acknowledged, or one of two copies: no false alarm, and nothing is lost. */
    private void harmless(SimulatedDisk copy, Known known, LogConfig config) {
        Harmless kind = Harmless.values()[random.nextInt(Harmless.values().length)];
        Damage damage = copy.damage(SimulatedLog.DIRECTORY);
        SegmentHeader segment = kind == Harmless.FREE_BLOCK ? known.lastSegment()
            : known.segments().get(random.nextInt(known.segments().size()));
        String name = SegmentName.of(segment.segment());
        switch (kind) {
            case FREE_BLOCK -> {
                int end = known.placed().stream().filter(known::isInLast).mapToInt(batch -> batch.header().endBlock()).max().orElse(1);
                if (end >= segment.geometry().copyBlock()) {
                    return;
                }
                damage.garbleBlock(name, random.nextInt(end, segment.geometry().copyBlock()));
            }
            case HEADER, HEADER_COPY -> {
                int copyBlock = segment.geometry().copyBlock();
                long other = kind == Harmless.HEADER ? (long) copyBlock * segment.geometry().blockSize() : 0;
                if (SegmentHeaderDescriptor.check(MemorySegment.ofArray(damage.bytes(name)), other) != Defect.NONE) {
                    // A crash between the two left only one, and it is not made good while the segment is whole.
                    world.met("header without a second copy");
                    return;
                }
                damage.garbleBlock(name, kind == Harmless.HEADER ? 0 : copyBlock);
            }
            case MANIFEST_SLOT -> damage.overwrite("MANIFEST", (long) random.nextInt(2) * SLOT_DISTANCE, garbage(SECTOR));
        }
        world.story().tell("on a copy:", kind, "of", name, "is damaged");
        world.met("harmless: " + kind);
        new Judgement(world, copy, known).judgeHarmless(kind == Harmless.MANIFEST_SLOT, config);
    }

    /** Orders a lie from the world's own disk. */
    void order() {
        FaultScript faults = world.disk().faults();
        int nth = random.nextInt(1, 20);
        int choice = random.nextInt(5);
        world.story().tell("ordered: lie", choice, "at", nth);
        switch (choice) {
            case 0, 1 -> faults.lose(Occasion.nth(Operation.WRITE, SEGMENTS, nth));
            case 2 -> faults.lose(Occasion.nth(Operation.DATA_SYNC, SEGMENTS, nth));
            case 3 -> faults.misdirect(Occasion.nth(Operation.WRITE, SEGMENTS, nth), (random.nextInt(16) - 8) * 4096L);
            default -> faults.lose(Occasion.nth(Operation.WRITE, SEGMENTS, nth)).lose(Occasion.nth(Operation.DATA_SYNC, SEGMENTS,
                random.nextInt(1, 20)));
        }
    }
}

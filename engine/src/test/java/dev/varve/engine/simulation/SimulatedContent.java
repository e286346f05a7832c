package dev.varve.engine.simulation;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Predicate;

/**
 * What one file holds, whatever its name: sectors of 512 bytes, each durable or not.
 *
 * <pre>
 *   current     what a read sees            [ A2 ][ B0 ][ C1 ]
 *   versions    in the cache, newest first    A2      -    C1      a sync makes the newest covered version durable
 *                                             A1                   and forgets those behind it
 *   durable     what no power cut changes   [ A0 ][ B0 ][ C0 ]
 *   former      what lay here before that   [ x  ][ -  ][ y  ]      of an earlier life of the file or of its place on the medium
 * </pre>
 *
 * <p>Guarded by the course's lock. Invariants: a sector's current bytes are those of its newest version, or the durable ones if it has
 * none; a null sector is one of zeros; sectors are never changed in place.
 */
final class SimulatedContent {
    static final int SECTOR_LENGTH = 512;
    private static final byte[] ZEROS = new byte[SECTOR_LENGTH];

    private final BitSet unsynced = new BitSet();
    private final BitSet unreadable = new BitSet();
    private String name;
    private byte[][] current;
    private byte[][] durable;
    private byte[][] former;
    private SectorVersion[] newest;
    private long length;
    private long durableLength;

    /** Makes a file of zeros of which nothing is durable, where nothing lay before. */
    SimulatedContent(String name, long length) {
        this(name, length, null);
    }

    /**
     * Makes a file of zeros of which nothing is durable.
     *
     * @param name   what it is called
     * @param length its bytes
     * @param before whose place on the medium it gets; null if nothing lay there
     */
    SimulatedContent(String name, long length, SimulatedContent before) {
        int sectors = sectorsIn(length);
        this.former = before == null ? new byte[sectors][] : Arrays.copyOf(before.current, sectors);
        this.name = name;
        this.length = length;
        this.current = new byte[sectors][];
        this.durable = new byte[sectors][];
        this.newest = new SectorVersion[sectors];
    }

    /** How many sectors a number of bytes touches. */
    static int sectorsIn(long bytes) {
        return Math.toIntExact((bytes + SECTOR_LENGTH - 1) / SECTOR_LENGTH);
    }

    static byte[] zeros() {
        return ZEROS;
    }

    String name() {
        return name;
    }

    void named(String newName) {
        name = newName;
    }

    long length() {
        return length;
    }

    int sectors() {
        return current.length;
    }

    byte[] sector(int index) {
        return orZeros(current[index]);
    }

    byte[] durable(int index) {
        return orZeros(durable[index]);
    }

    SectorVersion newest(int index) {
        return newest[index];
    }

    /** What lay in a sector before its durable content. */
    byte[] former(int sector) {
        return orZeros(former[sector]);
    }

    /** What a read that is late by one write finds in a sector. */
    byte[] stale(int sector) {
        SectorVersion version = newest[sector];
        if (version == null) {
            return former(sector);
        }
        return version.older() == null ? orZeros(durable[sector]) : version.older().bytes();
    }

    private static byte[] orZeros(byte[] sector) {
        return sector == null ? ZEROS : sector;
    }

    boolean isReadable(int from, int to) {
        int first = unreadable.nextSetBit(from);
        return first < 0 || first >= to;
    }

    /** Puts bytes into the cache. */
    void land(int sector, byte[] bytes, WriteMark mark) {
        assert bytes.length == SECTOR_LENGTH : bytes.length;
        if (sector >= current.length) {
            extendTo((sector + 1L) * SECTOR_LENGTH);
        }
        length = Math.max(length, (sector + 1L) * SECTOR_LENGTH);
        current[sector] = bytes;
        newest[sector] = new SectorVersion(bytes, mark, newest[sector]);
        unsynced.set(sector);
        unreadable.clear(sector);
    }

    private void extendTo(long newLength) {
        int sectors = Math.max(sectorsIn(newLength), current.length);
        current = Arrays.copyOf(current, sectors);
        durable = Arrays.copyOf(durable, sectors);
        former = Arrays.copyOf(former, sectors);
        newest = Arrays.copyOf(newest, sectors);
    }

    /** Makes durable what a sync submitted in the given step covers, and the length. */
    void harden(long syncStep) {
        harden(version -> !version.isDoomed() && version.mark().isCoveredBy(syncStep));
    }

    /** Makes one write durable, and the length. */
    void harden(WriteMark mark) {
        harden(version -> version.mark() == mark);
    }

    private void harden(Predicate<SectorVersion> isCovered) {
        for (int sector = unsynced.nextSetBit(0); sector >= 0; sector = unsynced.nextSetBit(sector + 1)) {
            SectorVersion newer = null;
            SectorVersion version = newest[sector];
            while (version != null && !isCovered.test(version)) {
                newer = version;
                version = version.older();
            }
            if (version != null) {
                supersede(sector, version.bytes());
                forgetFrom(sector, newer);
            }
        }
        hardenLength();
    }

    /** What was durable lies on the medium still; a stray read or a careless power cut may find it. */
    private void supersede(int sector, byte[] bytes) {
        if (durable[sector] != null) {
            former[sector] = durable[sector];
        }
        durable[sector] = bytes;
    }

    private void forgetFrom(int sector, SectorVersion newer) {
        if (newer == null) {
            newest[sector] = null;
            unsynced.clear(sector);
        } else {
            newer.forgetOlder();
        }
    }

    /** Makes the allocation durable, as the sync of the directory does. */
    void hardenLength() {
        durableLength = length;
    }

    /** After the failure of a sync: no later sync makes durable what it covered. */
    void doom(long syncStep) {
        doom(version -> version.mark().isCoveredBy(syncStep));
    }

    /** After the failure of a write: no sync makes durable what of it has arrived. */
    void doom(WriteMark mark) {
        doom(version -> version.mark() == mark);
    }

    private void doom(Predicate<SectorVersion> isMeant) {
        for (int sector = unsynced.nextSetBit(0); sector >= 0; sector = unsynced.nextSetBit(sector + 1)) {
            for (SectorVersion version = newest[sector]; version != null; version = version.older()) {
                if (isMeant.test(version)) {
                    version.doomed(true);
                }
            }
        }
    }

    /** Whether a version in the cache is not covered by a sync submitted in the given step. */
    boolean isUncovered(long syncStep) {
        for (int sector = unsynced.nextSetBit(0); sector >= 0; sector = unsynced.nextSetBit(sector + 1)) {
            if (!newest[sector].mark().isCoveredBy(syncStep)) {
                return true;
            }
        }
        return false;
    }

    /**
     * A read looks at a sector: what a failed sync left open is settled now. The doomed version either turns out to be gone, or to be in
     * the cache after all, to be made durable by a later sync.
     */
    void observe(int sector, Course course) {
        while (newest[sector] != null && newest[sector].isDoomed()) {
            if (course.chance(0.5)) {
                course.saw(Situation.FAILED_SYNC_SPARED_SECTOR);
                newest[sector].doomed(false);
                return;
            }
            course.saw(Situation.FAILED_SYNC_LOST_SECTOR);
            newest[sector] = newest[sector].older();
            current[sector] = newest[sector] == null ? durable[sector] : newest[sector].bytes();
            unsynced.set(sector, newest[sector] != null);
        }
    }

    /** The program is gone and all its writes are over: the next sync covers them. */
    void settle(long step) {
        for (int sector = unsynced.nextSetBit(0); sector >= 0; sector = unsynced.nextSetBit(sector + 1)) {
            for (SectorVersion version = newest[sector]; version != null; version = version.older()) {
                version.mark().reaped(step);
            }
        }
    }

    /** The cache is gone: each sector and the length become what the power cut makes of them, and that is durable. */
    void cut(PowerCut cut) {
        for (int sector = unsynced.nextSetBit(0); sector >= 0; sector = unsynced.nextSetBit(sector + 1)) {
            byte[] remains = cut.remains(this, sector);
            unreadable.set(sector, remains == null);
            supersede(sector, remains == null ? ZEROS : remains);
            current[sector] = durable[sector];
            newest[sector] = null;
        }
        unsynced.clear();
        if (durableLength < length) {
            truncate(cut.remainingLength(durableLength, length));
        }
        durableLength = length;
    }

    /** Cuts the file at rest, or extends it with zeros. */
    void truncate(long newLength) {
        int sectors = sectorsIn(newLength);
        if (newLength < length) {
            unsynced.clear(sectors, Math.max(sectors, current.length));
            unreadable.clear(sectors, Math.max(sectors, current.length));
        }
        current = Arrays.copyOf(current, sectors);
        durable = Arrays.copyOf(durable, sectors);
        former = Arrays.copyOf(former, sectors);
        newest = Arrays.copyOf(newest, sectors);
        length = newLength;
        durableLength = newLength;
        int inLast = (int) (newLength % SECTOR_LENGTH);
        if (inLast != 0) {
            // What lies behind the end must not come back when the file grows again.
            replace(sectors - 1, Arrays.copyOf(Arrays.copyOf(sector(sectors - 1), inLast), SECTOR_LENGTH));
        }
    }

    /** Replaces a sector at rest: durable, whatever was under way for it. */
    void replace(int sector, byte[] bytes) {
        current[sector] = bytes;
        durable[sector] = bytes;
        newest[sector] = null;
        unsynced.clear(sector);
        unreadable.clear(sector);
    }

    void unreadable(int from, int to) {
        unreadable.set(from, to);
    }

    byte[] bytes() {
        byte[] all = new byte[Math.toIntExact(length)];
        for (int sector = 0; sector < current.length; sector++) {
            if (current[sector] != null) {
                int start = sector * SECTOR_LENGTH;
                System.arraycopy(current[sector], 0, all, start, Math.min(SECTOR_LENGTH, all.length - start));
            }
        }
        return all;
    }

    /** A copy for a disk whose program is gone; it shares the bytes, which never change. */
    SimulatedContent copy() {
        SimulatedContent copy = new SimulatedContent(name, 0);
        copy.length = length;
        copy.durableLength = durableLength;
        copy.current = current.clone();
        copy.durable = durable.clone();
        copy.former = former.clone();
        copy.newest = newest.clone();
        copy.unsynced.or(unsynced);
        copy.unreadable.or(unreadable);
        for (int sector = unsynced.nextSetBit(0); sector >= 0; sector = unsynced.nextSetBit(sector + 1)) {
            copy.newest[sector] = newest[sector].copy();
        }
        return copy;
    }
}

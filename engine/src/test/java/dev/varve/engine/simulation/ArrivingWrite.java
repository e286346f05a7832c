package dev.varve.engine.simulation;

import java.util.function.IntPredicate;

/** Bytes on their way into the cache: of a write that completes, or of one that was in flight when the program or the machine stopped. */
final class ArrivingWrite {
    private final SimulatedContent content;
    private final int firstSector;
    private final byte[][] sectors;

    /**
     * Makes a write.
     *
     * @param content     the file's content
     * @param firstSector where the bytes go
     * @param sectors     what the device has fetched, null where it has not
     */
    ArrivingWrite(SimulatedContent content, int firstSector, byte[][] sectors) {
        this.content = content;
        this.firstSector = firstSector;
        this.sectors = sectors;
    }

    SimulatedContent content() {
        return content;
    }

    int sectors() {
        return sectors.length;
    }

    /** Puts the chosen sectors into the cache; how many. */
    int land(WriteMark mark, IntPredicate isChosen) {
        int landed = 0;
        for (int i = 0; i < sectors.length; i++) {
            if (sectors[i] != null && isChosen.test(i)) {
                content.land(firstSector + i, sectors[i], mark);
                landed++;
            }
        }
        return landed;
    }

    /** The same for a copy of the content. */
    ArrivingWrite on(SimulatedContent copy) {
        return new ArrivingWrite(copy, firstSector, sectors);
    }
}

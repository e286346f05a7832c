package dev.varve.engine.simulation;

import dev.varve.engine.io.IoRequest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The device fetches the bytes of one write from memory: in up to four pieces, each at its own moment between submission and completion,
 * so that a buffer touched in between is written as it is at that moment.
 *
 * <p>Guarded by the course's lock. A piece whose memory is gone by then is never fetched.
 */
final class Dma {
    private static final int PIECES_MAX = 4;

    private final MemorySegment memory;
    private final byte[][] sectors;
    private final int[] ends;
    private final long[] momentsNs;
    private int missing;
    private boolean isMemoryGone;

    Dma(IoRequest request, Course course, long durationNs) {
        memory = request.memory().asSlice(request.progress());
        sectors = new byte[SimulatedContent.sectorsIn(memory.byteSize())][];
        missing = 1 + (course.chance(0.4) ? course.below(Math.min(PIECES_MAX, sectors.length)) : 0);
        ends = new int[missing];
        momentsNs = new long[missing];
        for (int i = 0; i < missing; i++) {
            ends[i] = i == missing - 1 ? sectors.length : 1 + course.below(sectors.length);
            momentsNs[i] = course.nowNs() + (course.chance(0.3) ? 0 : course.below(durationNs + 1));
        }
        Arrays.sort(ends);
        if (missing > 1) {
            course.saw(Situation.WRITE_SAMPLED_IN_PIECES);
        }
    }

    /** When the next piece is fetched. */
    long nextNs() {
        long next = Long.MAX_VALUE;
        for (long moment : momentsNs) {
            next = Math.min(next, moment);
        }
        return next;
    }

    /** Fetches every piece whose moment has come. */
    void fetchUntil(long nowNs) {
        for (int i = 0; missing > 0 && i < momentsNs.length; i++) {
            if (momentsNs[i] <= nowNs) {
                fetch(i == 0 ? 0 : ends[i - 1], ends[i], sectors);
                momentsNs[i] = Long.MAX_VALUE;
                missing--;
            }
        }
    }

    private void fetch(int from, int to, byte[][] into) {
        if (!memory.scope().isAlive() || !memory.isAccessibleBy(Thread.currentThread())) {
            isMemoryGone = true;
            return;
        }
        for (int i = from; i < to; i++) {
            long start = (long) i * SimulatedContent.SECTOR_LENGTH;
            int length = (int) Math.min(SimulatedContent.SECTOR_LENGTH, memory.byteSize() - start);
            byte[] sector = new byte[SimulatedContent.SECTOR_LENGTH];
            MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, start, sector, 0, length);
            into[i] = Arrays.equals(sector, SimulatedContent.zeros()) ? SimulatedContent.zeros() : sector;
        }
    }

    boolean isMemoryGone() {
        return isMemoryGone;
    }

    /** The sectors fetched. */
    byte[][] sectors() {
        return sectors;
    }

    /** The sectors as they would be if the rest were fetched now; this changes nothing. */
    byte[][] sectorsNow() {
        byte[][] all = sectors.clone();
        for (int i = 0; i < ends.length; i++) {
            if (momentsNs[i] != Long.MAX_VALUE) {
                fetch(i == 0 ? 0 : ends[i - 1], ends[i], all);
            }
        }
        return all;
    }
}

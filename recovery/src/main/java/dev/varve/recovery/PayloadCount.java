package dev.varve.recovery;

import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;

/**
 * Counts the bytes of payload in a batch's body while the body streams by, a stretch at a time; fillers are no payload.
 *
 * <p>Owned by one thread.
 *
 * <pre>
 *   +----------------+-------------------+-----------------+---------+
 *   | length and CRC | kind, flags, zero | payload         | padding |
 *   +----------------+-------------------+-----------------+---------+
 *   ▲ first word     ▲ second word: may lie in the next stretch
 * </pre>
 *
 * <p>The bytes are not checked yet, so nothing in them is trusted: a length only says where to look next, and what was counted means
 * something only once the body's CRC has turned out right.
 */
final class PayloadCount {
    private static final int WORD = RecordDescriptor.KIND_OFFSET;

    private long at;
    private long end;
    private long length;
    private boolean isSecondWord;
    private long bytes;

    /**
     * Begins with a body.
     *
     * @param from where in the file it starts
     * @param to   where in the file it ends
     */
    void start(long from, long to) {
        at = from;
        end = to;
        isSecondWord = false;
        bytes = 0;
    }

    /**
     * Takes the next stretch.
     *
     * @param memory   where it lies
     * @param distance from an offset in the file to one in the memory
     * @param limit    where in the file the stretch ends, a multiple of 8
     */
    void take(MemorySegment memory, long distance, long limit) {
        while (at < Math.min(limit, end)) {
            if (!isSecondWord) {
                length = RecordDescriptor.length(memory, at + distance);
                at = length < 0 ? end : at + WORD;
                isSecondWord = true;
            } else {
                long record = at - WORD;
                boolean isFiller = (RecordDescriptor.flags(memory, record + distance) & RecordDescriptor.FLAG_FILLER) != 0;
                bytes += isFiller ? 0 : length;
                at = record + RecordDescriptor.alignedLength(length);
                isSecondWord = false;
            }
        }
    }

    /** Bytes of payload so far. */
    long bytes() {
        return bytes;
    }
}

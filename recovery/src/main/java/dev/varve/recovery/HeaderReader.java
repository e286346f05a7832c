package dev.varve.recovery;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.LogId;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.UnsupportedVersionException;

/** Reads the header of a segment file from block 0 and its copy from the last block. Owned by one thread. */
final class HeaderReader {
    private final BlockStream stream;

    HeaderReader(BlockStream stream) {
        this.stream = stream;
    }

    /**
     * What the two places hold.
     *
     * @param path        the file
     * @param fileLength  bytes of the file
     * @param first       the header in block 0, null if it is not valid
     * @param copy        the header in the last block, null if it is not valid or was not looked at
     * @param firstDefect what is wrong in block 0
     * @param copyDefect  what is wrong in the last block
     */
    record Found(String path, long fileLength, SegmentHeader first, SegmentHeader copy, Defect firstDefect, Defect copyDefect) {
        /**
         * The header that counts: that of the later life, since a file may be begun again under its number. Its block 0 is written
         * first then, and a power cut in that write may bring a still earlier life's header back, whole, while the copy is the last one's.
         *
         * @return a header of that log and number, null if neither place has one
         */
        SegmentHeader of(LogId logId, long segment) {
            SegmentHeader own = isOf(first, logId, segment) ? first : null;
            boolean isCopyLater = isOf(copy, logId, segment) && (own == null || copy.epoch() > own.epoch());
            return isCopyLater ? copy : own;
        }

        private static boolean isOf(SegmentHeader header, LogId logId, long segment) {
            return header != null && header.segment() == segment && header.logId().equals(logId);
        }

        /** Whether a place without a valid header could not be read. */
        boolean isUnreadable() {
            return firstDefect == Defect.READ_ERROR || copyDefect == Defect.READ_ERROR;
        }

        /** A valid header that is not an earlier life's of the same log, null if there is none. */
        SegmentHeader foreign(LogId logId, long segment) {
            if (isForeign(first, logId, segment)) {
                return first;
            }
            return isForeign(copy, logId, segment) ? copy : null;
        }

        private static boolean isForeign(SegmentHeader header, LogId logId, long segment) {
            return header != null && (!header.logId().equals(logId) || header.segment() > segment);
        }
    }

    /**
     * Reads a file's headers.
     *
     * @param file the file
     * @return what was found
     * @throws UnsupportedVersionException if a newer version wrote the header or its copy
     */
    Found read(IoFile file) {
        stream.open(file, 0, file.blockSize());
        Defect firstDefect = judge(0);
        SegmentHeader first = firstDefect == Defect.NONE ? decode(0) : null;
        if (firstDefect == Defect.VERSION) {
            throw new UnsupportedVersionException("the segment " + file.path());
        }
        if (first != null) {
            long offset = (long) first.geometry().copyBlock() * first.geometry().blockSize();
            stream.open(file, offset, offset + file.blockSize());
            Defect defect = judge(offset);
            if (defect == Defect.VERSION) {
                throw new UnsupportedVersionException("the header's copy in the segment " + file.path());
            }
            return new Found(file.path(), file.length(), first, defect == Defect.NONE ? decode(offset) : null, firstDefect, defect);
        }
        return searchCopy(file, firstDefect);
    }

    /** Without block 0 the block size is not known, so the copy is looked for at every place that one would put it. */
    private Found searchCopy(IoFile file, Defect firstDefect) {
        SegmentHeader copy = null;
        Defect copyDefect = Defect.TRUNCATED;
        long end = file.length();
        stream.open(file, Math.max(0, end - Geometry.BLOCK_SIZE_MAX) & -(long) Geometry.BLOCK_SIZE_MIN, end);
        for (int size = Geometry.BLOCK_SIZE_MAX; size >= Geometry.BLOCK_SIZE_MIN; size /= 2) {
            long offset = end - size;
            if (end % size != 0 || offset <= 0) {
                continue;
            }
            Defect defect = judge(offset);
            if (defect == Defect.NONE) {
                SegmentHeader candidate = decode(offset);
                boolean isCopy = candidate.geometry().blockSize() == size && candidate.geometry().length() == end;
                copy = isCopy && (copy == null || candidate.epoch() > copy.epoch()) ? candidate : copy;
            }
            boolean isTelling = defect == Defect.READ_ERROR || defect == Defect.VERSION
                || copyDefect == Defect.TRUNCATED || copyDefect == Defect.NEVER_WRITTEN;
            copyDefect = isTelling ? defect : copyDefect;
        }
        if (copy == null && copyDefect == Defect.VERSION) {
            throw new UnsupportedVersionException("the segment " + file.path());
        }
        return new Found(file.path(), file.length(), null, copy, firstDefect, copy == null ? copyDefect : Defect.NONE);
    }

    private Defect judge(long offset) {
        if (!stream.load(offset)) {
            return Defect.TRUNCATED;
        }
        Defect defect = stream.defect(offset, Geometry.BLOCK_SIZE_MIN);
        return defect == Defect.NONE ? SegmentHeaderDescriptor.check(stream.memory(), stream.at(offset)) : defect;
    }

    private SegmentHeader decode(long offset) {
        return SegmentHeaderDescriptor.decode(stream.memory(), stream.at(offset));
    }
}

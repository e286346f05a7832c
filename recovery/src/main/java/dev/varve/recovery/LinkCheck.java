package dev.varve.recovery;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.FooterDescriptor;
import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.UnsupportedVersionException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Compares the end of a segment with what its successor says of it, by reading one block: the start of its last batch. If that batch seals
 * the segment, the block is also its footer.
 *
 * <p>Owned by one thread.
 */
final class LinkCheck {
    private final BlockStream stream;
    private final List<String> warnings;
    private Footer footer;

    LinkCheck(BlockStream stream, List<String> warnings) {
        this.stream = stream;
        this.warnings = warnings;
    }

    /**
     * Checks one link.
     *
     * @param file     the file of the segment that ended
     * @param segment  its header
     * @param declared what its successor says of it
     * @return {@link Defect#NONE} if the batch there is the one that is meant; its body may still be bad
     * @throws UnsupportedVersionException if a newer version wrote it, or its footer
     */
    Defect run(IoFile file, SegmentHeader segment, Predecessor declared) {
        footer = null;
        if (declared.block() == 0) {
            Position start = Position.startOf(segment);
            boolean isEmpty = declared.batch() == start.lastBatch() && declared.chain() == start.chain()
                && declared.endLsn() == segment.lsnOfBlock(start.block()) && declared.endSequence() == start.sequence();
            return isEmpty ? Defect.NONE : Defect.PREDECESSOR;
        }
        int blockSize = segment.geometry().blockSize();
        long offset = (long) declared.block() * blockSize;
        stream.open(file, offset, offset + blockSize);
        if (!stream.load(offset)) {
            return Defect.TRUNCATED;
        }
        Defect defect = stream.defect(offset, blockSize);
        MemorySegment memory = stream.memory();
        long at = stream.at(offset);
        if (defect == Defect.NONE) {
            defect = BatchHeaderDescriptor.check(memory, at);
        }
        if (defect == Defect.VERSION) {
            NewerBatch.refuse(stream, offset, segment);
        }
        if (defect != Defect.NONE) {
            return defect;
        }
        BatchHeader batch = BatchHeaderDescriptor.decode(memory, at);
        defect = judge(batch, segment, declared);
        if (defect == Defect.NONE && batch.kind() == Kind.SEAL && batch.content().bodyLength() > 0) {
            readFooter(file, batch, at);
        }
        return defect;
    }

    private static Defect judge(BatchHeader batch, SegmentHeader segment, Predecessor declared) {
        Defect defect = BatchRule.belongs(batch, segment, declared.block());
        if (defect != Defect.NONE) {
            return defect;
        }
        boolean isMeant = batch.batch() == declared.batch() && segment.lsnOfBlock(batch.endBlock()) == declared.endLsn()
            && declared.isEndSequence(batch.endSequence())
            && (declared.kind() != Predecessor.Kind.SEAL || batch.kind() == Kind.SEAL);
        if (!isMeant) {
            return Defect.BATCH;
        }
        return batch.chain() == declared.chain() ? Defect.NONE : Defect.CHAIN;
    }

    /** A footer only makes things faster; damage in it is worth a warning, not a verdict. */
    private void readFooter(IoFile file, BatchHeader seal, long at) {
        MemorySegment memory = stream.memory();
        long body = at + BatchHeaderDescriptor.LENGTH;
        long end = stream.at(stream.loadedEnd());
        Defect defect = seal.content().blocks() > 1 ? Defect.LENGTH : Defect.NONE;
        if (defect == Defect.NONE && Checksum.of(memory, body, end - body) != seal.bodyCrc()) {
            defect = Defect.BODY_CRC;
        }
        if (defect == Defect.NONE) {
            defect = FooterDescriptor.check(memory, body, body + seal.content().bodyLength());
        }
        if (defect == Defect.VERSION) {
            throw new UnsupportedVersionException("the footer of " + file.path());
        }
        if (defect == Defect.NONE) {
            Footer read = FooterDescriptor.decode(memory, body);
            defect = read.digest() == seal.previousChain() ? Defect.NONE : Defect.CHAIN;
            footer = defect == Defect.NONE ? read : null;
        }
        if (defect != Defect.NONE) {
            warnings.add("the footer of " + file.path() + ": " + defect.text() + "; it only makes searching faster, no record is in it");
        }
    }

    /** The footer of the segment that was checked last, null if it has none that is valid. */
    Footer footer() {
        return footer;
    }
}

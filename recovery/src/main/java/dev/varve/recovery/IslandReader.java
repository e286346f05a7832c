package dev.varve.recovery;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.Manifest.DurablePlace;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentName;
import java.lang.foreign.MemorySegment;

/**
 * Reads the batches of islands, whole.
 *
 * <p>Owned by one thread; one island at a time. Memory is bounded by the largest batch that is really there.
 */
public final class IslandReader implements AutoCloseable {
    private final Directory directory;
    private final BlockStream stream;
    private final BatchCursor cursor;
    private Island island;
    private IoFile file;

    /**
     * Makes a reader.
     *
     * @param directory the damaged log's directory
     * @param resources what to read with
     * @param progress  told how far it is, on the calling thread
     */
    public IslandReader(Directory directory, Recovery.Resources resources, RecoveryOptions.Progress progress) {
        this.directory = directory;
        this.stream = new BlockStream(resources, new ReadMeter(progress));
        this.cursor = new BatchCursor(stream, resources.memory());
    }

    /**
     * Goes to the start of an island.
     *
     * @param newIsland what was found before
     */
    public void open(Island newIsland) {
        SegmentHeader segment = newIsland.segment();
        Island.Run run = newIsland.run();
        boolean isSameFile = island != null && island.segment().segment() == segment.segment();
        if (!isSameFile) {
            IoFile opened = directory.open(SegmentName.of(segment.segment()), Directory.Access.READ);
            long blockSize = segment.geometry().blockSize();
            stream.open(opened, run.startBlock() * blockSize, run.endBlock() * blockSize);
            closeFile();
            file = opened;
        } else {
            stream.limit((long) run.endBlock() * segment.geometry().blockSize());
        }
        island = newIsland;
        cursor.start(segment, run.endBlock(), DurablePlace.NONE);
        cursor.gather(0);
        cursor.skipTo(new Footer.Entry(run.startBlock(), run.first().batch(), run.first().sequence(), 0));
    }

    /**
     * Goes to the next batch.
     *
     * @return false at the island's end
     * @throws DamagedLogException if it is not what was found before
     * @throws dev.varve.engine.io.IoFailureException if it cannot be read
     */
    public boolean next() {
        if (cursor.isAtEnd()) {
            return false;
        }
        Defect defect = cursor.next();
        if (defect == Defect.READ_ERROR) {
            throw stream.failure();
        }
        if (defect != Defect.NONE) {
            throw damage(defect, cursor.position().block());
        }
        return true;
    }

    private DamagedLogException damage(Defect defect, int block) {
        long lsn = island.segment().lsnOfBlock(block);
        return new DamagedLogException(file.path() + " offset " + (lsn - island.segment().baseLsn()), lsn, defect);
    }

    /**
     * Says that the present batch cannot be used although it is valid.
     *
     * @param defect what is wrong in it
     * @return the exception to throw
     */
    public DamagedLogException refuse(Defect defect) {
        return damage(defect, batch().content().block());
    }

    /**
     * The batch.
     *
     * @return its header
     */
    public BatchHeader batch() {
        return cursor.batch();
    }

    /**
     * Holds the batch until the next call of {@link #next}.
     *
     * @return memory that may not be written to
     */
    public MemorySegment memory() {
        return cursor.memory();
    }

    /**
     * Where in {@link #memory()} the batch starts.
     *
     * @return the offset of its header
     */
    public long at() {
        return cursor.at();
    }

    private void closeFile() {
        if (file != null) {
            file.close();
            file = null;
        }
    }

    /** Waits for the reads under way, closes the file and gives the memory back. */
    @Override
    public void close() {
        cursor.close();
        stream.close();
        closeFile();
    }
}

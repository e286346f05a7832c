package dev.varve.wal;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoQueue;
import dev.varve.recovery.Recovery;
import dev.varve.recovery.RecordReader;
import dev.varve.recovery.SegmentChain;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * Reads a log forwards, durable records only, verified. Owned by one thread. Once the log is closed, {@link #next()} throws; the record
 * that the cursor is on stays readable until the cursor is closed, too.
 *
 * <p>It has an engine and a directory of its own, so that it neither waits for the writer nor the writer for it; nor does it keep segments
 * from being given up. When {@link #next()} has
 * returned false it may be called again later: the log may have grown.
 */
public final class Cursor implements AutoCloseable {
    private static final int DEPTH = 16;

    private final Directory directory;
    private final IoQueue queue;
    private final RecordReader reader;
    private final Runnable checkLog;
    private Arena viewArena;
    private MemorySegment view;
    private boolean isOnRecord;
    private boolean isClosed;

    private Cursor(Directory directory, IoQueue queue, RecordReader reader, Runnable checkLog) {
        this.directory = directory;
        this.queue = queue;
        this.reader = reader;
        this.checkLog = checkLog;
    }

    /**
     * What a cursor reads.
     *
     * @param chain    the segments
     * @param fromLsn  where it begins
     * @param checkLog throws if the log is closed
     */
    record Course(SegmentChain chain, long fromLsn, Runnable checkLog) {
    }

    static Cursor open(Path path, Environment environment, Course course) {
        Directory directory = environment.disk().openDirectory(path, false);
        IoQueue queue = null;
        Cursor cursor = null;
        try {
            queue = new IoQueue(environment.disk().openEngine(DEPTH));
            Recovery.Resources resources = new Recovery.Resources(queue, environment.memory(), environment.random(),
                environment.nanos());
            cursor = new Cursor(directory, queue, RecordReader.open(directory, resources, course.chain(), course.fromLsn()),
                course.checkLog());
            return cursor;
        } finally {
            if (cursor == null) {
                if (queue != null) {
                    queue.close();
                }
                directory.close();
            }
        }
    }

    /**
     * Moves to the next record.
     *
     * @return false at the durable end
     * @throws dev.varve.recovery.OvertakenException  if the next record was truncated away; nothing was skipped
     * @throws LogClosedException                     if the log was closed
     * @throws IllegalStateException                  if the cursor was closed
     * @throws dev.varve.recovery.DamagedLogException if the bytes there are not what was acknowledged
     * @throws dev.varve.engine.io.IoFailureException if they cannot be read
     */
    public boolean next() {
        if (isClosed) {
            throw new IllegalStateException("the cursor is closed");
        }
        checkLog.run();
        isOnRecord = false;
        endView();
        isOnRecord = reader.next();
        return isOnRecord;
    }

    /**
     * Where the record lies.
     *
     * @return its LSN
     */
    public long lsn() {
        return current().lsn();
    }

    /**
     * Its number among all records.
     *
     * @return its sequence
     */
    public long sequence() {
        return current().sequence();
    }

    /**
     * What kind it is.
     *
     * @return the appender's kind
     */
    public int kind() {
        return current().kind();
    }

    /**
     * Its bytes, where they were read. Makes objects; {@link #copyPayload} does not.
     *
     * @return read-only memory for the calling thread; using it after the next {@link #next()} or {@link #close()} throws
     */
    @SuppressWarnings({"restricted", "MustBeClosedChecker"}) // It ends with the record: a late read sees no other record, no freed memory.
    public MemorySegment payload() {
        RecordReader record = current();
        if (view == null) {
            viewArena = Arena.ofConfined();
            view = record.payload().reinterpret(viewArena, null);
        }
        return view;
    }

    /**
     * How long it is.
     *
     * @return bytes of its payload
     */
    public int length() {
        return current().length();
    }

    /**
     * Copies its bytes, without making objects.
     *
     * @param to where to, with room for {@link #length()} bytes
     * @param at offset of the first byte there
     * @throws IndexOutOfBoundsException if there is no room
     */
    public void copyPayload(MemorySegment to, long at) {
        current().copyPayload(to, at);
    }

    private void endView() {
        if (view != null) {
            view = null;
            viewArena.close();
        }
    }

    private RecordReader current() {
        if (!isOnRecord || isClosed) {
            throw new IllegalStateException(isClosed ? "the cursor is closed" : "the cursor is on no record; call next() first");
        }
        return reader;
    }

    /** Releases everything. Idempotent. */
    @Override
    public void close() {
        if (!isClosed) {
            isClosed = true;
            endView();
            reader.close();
            queue.close();
            directory.close();
        }
    }
}

package dev.varve.engine.aio.request;

import dev.varve.engine.linux.LinuxFile;
import java.util.ArrayDeque;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A regular file, open for direct I/O, that requests are made of; and the order that syncs put between them.
 *
 * <pre>
 *   added       w1  w2  s1  w3  s2  s3  w4  r1
 *   rounds    | w1  w2  s1 |w3  s2  s3 |w4                s1 waits for w1 and w2; s2 and s3 wait for w1, w2 and w3
 * </pre>
 *
 * <p>Any thread; the rounds are guarded by the queue's lock. Invariants: its descriptor stays open as long as a request of it is not over,
 * so that none reaches another file that got the same number; a sync waits as long as a write of its round, or of one before, is not over.
 */
public final class AsyncFile implements AutoCloseable {
    private final AsyncIo io;
    private final LinuxFile file;
    private final long atomicWriteLengthMax;
    private final ArrayDeque<Round> rounds = new ArrayDeque<>();
    private int pending;
    private volatile boolean isClosed;

    /** Writes up to a sync, and the syncs between the last of them and the next write. */
    static final class Round {
        private final Set<AioRequest> waiting = new LinkedHashSet<>();
        private int writes;
    }

    AsyncFile(AsyncIo io, LinuxFile file) {
        this.io = io;
        this.file = file;
        this.atomicWriteLengthMax = file.atomicWriteLengthMax();
    }

    /**
     * The file's path, for messages.
     *
     * @return the path it was opened under
     */
    public String path() {
        return file.path();
    }

    /**
     * What offset, length and memory address of each transfer are a multiple of.
     *
     * @return bytes, a power of two, at least 4096
     */
    public int blockSize() {
        return file.blockSize();
    }

    /**
     * How long a write with {@link dev.varve.engine.aio.RwFlag#ATOMIC} may be.
     *
     * @return bytes; 0 if file system, device or kernel offer none
     */
    public long atomicWriteLengthMax() {
        return atomicWriteLengthMax;
    }

    /** Whether requests of it are that one's to submit, wait for and cancel. */
    boolean isOf(AsyncIo other) {
        return io == other;
    }

    int descriptor() {
        return file.descriptor();
    }

    boolean isClosed() {
        return isClosed;
    }

    /** How many of its requests are not over. */
    int pending() {
        return pending;
    }

    /** A request is accepted; true if it is a sync that has to wait for writes. */
    boolean enter(AioRequest request) {
        pending++;
        Round last = rounds.peekLast();
        if (request.operation().kind() == Operation.Kind.WRITE) {
            if (last == null || !last.waiting.isEmpty()) {
                last = new Round();
                rounds.add(last);
            }
            last.writes++;
            request.join(last);
            return false;
        }
        boolean mustWait = request.operation().isSync() && last != null && (last.writes > 0 || rounds.size() > 1);
        if (mustWait) {
            last.waiting.add(request);
            request.join(last);
        }
        return mustWait;
    }

    /**
     * A request is over, or withdrawn.
     *
     * @param ready where syncs go that need not wait any more
     * @return how many went there
     */
    int leave(AioRequest request, RequestList ready) {
        pending--;
        Round round = request.round();
        if (round == null) {
            return 0;
        }
        request.join(null);
        if (request.operation().isSync()) {
            round.waiting.remove(request);
        } else {
            round.writes--;
        }
        int freed = 0;
        while (rounds.getFirst().writes == 0) {
            freed += free(rounds.getFirst(), ready);
            if (rounds.size() == 1) {
                // It takes the writes to come.
                break;
            }
            rounds.removeFirst();
        }
        return freed;
    }

    private static int free(Round round, RequestList ready) {
        int count = round.waiting.size();
        if (count > 0) {
            for (AioRequest sync : round.waiting) {
                sync.join(null);
                ready.add(sync);
            }
            round.waiting.clear();
        }
        return count;
    }

    /**
     * Submits {@link Operation#read}.
     *
     * @param offset where in the file, in bytes
     * @param into   where to
     * @return the request
     */
    public AioRequest read(long offset, RequestMemory.Part... into) {
        return io.submit(Operation.read(this, offset, into));
    }

    /**
     * Submits {@link Operation#write}.
     *
     * @param offset where in the file, in bytes
     * @param from   where from
     * @return the request
     */
    public AioRequest write(long offset, RequestMemory.Part... from) {
        return io.submit(Operation.write(this, offset, from));
    }

    /**
     * Submits {@link Operation#sync}.
     *
     * @return the request
     */
    public AioRequest sync() {
        return io.submit(Operation.sync(this));
    }

    /**
     * Submits {@link Operation#dataSync}.
     *
     * @return the request
     */
    public AioRequest dataSync() {
        return io.submit(Operation.dataSync(this));
    }

    /**
     * Cancels what can be cancelled of this file's requests.
     *
     * @return what came of it
     */
    public CancelOutcome cancelAll() {
        return io.cancelAll(this);
    }

    /** Takes no further requests, cancels those that are queued, waits for those in flight and closes the file. Idempotent. */
    @Override
    public void close() {
        isClosed = true;
        cancelAll();
        io.awaitEnd(this);
        io.release(file);
        file.close();
    }
}

package dev.varve.engine.aio.request;

import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.linux.LinuxFile;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Asynchronous I/O as POSIX AIO has it, on the kernel's own: one context, one thread that reaps, any number of threads that submit.
 *
 * <pre>
 *   AsyncIo io = AsyncIo.open(64, executor);
 *   AsyncFile file = io.file(directory.create("data", length));
 *   AioRequest write = file.write(0, memory.part(0, 4096));
 *   AioRequest sync = file.dataSync();                           begins when the write is over
 *   io.awaitAny(List.of(sync), Duration.ofSeconds(5)).result();
 * </pre>
 *
 * <p>Any thread may call anything. Nothing here waits for a disk but what says so; a submission waits for the kernel to take requests,
 * which is short for a file whose space is allocated. More requests than the depth wait in a queue. There is no order between requests but
 * the one that {@link Operation#sync} makes.
 *
 * <p>A submission allocates one object, the {@link AioRequest}, since that can be asked for its result as long as anybody has it; an
 * {@link Operation} may be kept and submitted again. Besides, a thread that has to wait, callbacks, futures, groups and syncs that are
 * held back cost what the JDK's own classes for them cost.
 */
public final class AsyncIo implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

    private final Executor executor;
    private final SharedContext<AioRequest> context;
    private final RequestQueue queue;
    private final Reaper reaper;
    private final Set<LinuxFile> files = ConcurrentHashMap.newKeySet();
    private volatile CompletionQueue completions;

    private AsyncIo(Executor executor, SharedContext<AioRequest> context) {
        this.executor = executor;
        this.context = context;
        this.queue = new RequestQueue(context);
        this.reaper = new Reaper(context, queue);
    }

    /**
     * Opens.
     *
     * @param depth    the most requests with the kernel at once, from 1; one more counts against fs.aio-max-nr
     * @param executor where callbacks run and futures are completed
     * @return the opened
     * @throws StorageContractException if the machine refuses asynchronous I/O; the message names cause and remedy
     */
    public static AsyncIo open(int depth, Executor executor) {
        AsyncIo io = new AsyncIo(executor, SharedContext.open(depth));
        boolean isOpen = false;
        try {
            io.reaper.start();
            isOpen = true;
            return io;
        } finally {
            if (!isOpen) {
                // The machine may have no thread left.
                io.context.close();
            }
        }
    }

    /**
     * Takes a file over. To be told to one of them: a sync does not wait for writes that another knows of, or that go through the same file
     * opened twice.
     *
     * @param file a file of {@link dev.varve.engine.aio.KernelDisk}; it is closed by closing the result, and by nobody else
     * @return the file
     * @throws IllegalArgumentException if it is any other, such as a simulated one, or was taken over before
     */
    public AsyncFile file(IoFile file) {
        if (!(file instanceof LinuxFile linuxFile)) {
            throw new IllegalArgumentException(file.path() + " is no regular file opened by KernelDisk; of sockets, pipes and the like only"
                + " polls can be asked, by descriptor");
        }
        if (!files.add(linuxFile)) {
            throw new IllegalArgumentException(file.path() + " was taken over before; a sync would not know of the other's writes");
        }
        return new AsyncFile(this, linuxFile);
    }

    Executor executor() {
        return executor;
    }

    /** The file is about to be closed. */
    void release(LinuxFile file) {
        files.remove(file);
    }

    /**
     * Submits one operation.
     *
     * @param operation what is asked
     * @return the request; also if the kernel refuses it, which its state tells
     * @throws IllegalStateException    if this or the file is closed, or a request that is not over has some of the memory
     * @throws IllegalArgumentException if the file is another's
     */
    public AioRequest submit(Operation operation) {
        AioRequest request = request(operation);
        queue.add(request);
        return request;
    }

    /**
     * Submits many by as few system calls as there is room for.
     *
     * @param operations what is asked; null ones are skipped
     * @param waiting    whether to wait until all are over
     * @return the requests
     * @throws IllegalStateException    as {@link #submit}, and then none is submitted
     * @throws IllegalArgumentException as {@link #submit}, and then none is submitted
     * @throws InterruptedException     if the wait was interrupted; the requests go on
     */
    public RequestGroup submitAll(List<Operation> operations, Waiting waiting) throws InterruptedException {
        if (waiting == Waiting.WAIT) {
            checkMayWait();
        }
        RequestGroup group = new RequestGroup(operations.stream().filter(Objects::nonNull).map(this::request).toList());
        queue.add(group.requests());
        group.listen();
        if (waiting == Waiting.WAIT) {
            awaitWithoutEnd(group::isOver);
        }
        return group;
    }

    private AioRequest request(Operation operation) {
        if (operation.file() != null) {
            checkOwn(operation.file().isOf(this), operation);
        }
        AioRequest request = new AioRequest(operation, this);
        CompletionQueue told = completions;
        if (told != null) {
            request.listen(() -> told.add(request));
        }
        return request;
    }

    /** The other would not know of it: neither a sync nor a close would wait for it. */
    private static void checkOwn(boolean isOwn, Object what) {
        if (!isOwn) {
            throw new IllegalArgumentException(what + " belongs to another AsyncIo; ask that one");
        }
    }

    /**
     * Waits until one of several is over.
     *
     * @param requests the requests, the same until this returns; null ones are skipped
     * @param timeout  how long to wait at most; zero only looks
     * @return the first of the list that is over
     * @throws TimeoutException         if none was in time
     * @throws InterruptedException     if the thread was interrupted
     * @throws IllegalArgumentException if there is none to wait for, one is another's, or the timeout is negative
     */
    public AioRequest awaitAny(List<AioRequest> requests, Duration timeout) throws InterruptedException, TimeoutException {
        int count = 0;
        for (AioRequest request : requests) {
            if (request != null) {
                checkOwn(request.isOf(this), request);
                count++;
            }
        }
        if (timeout.isNegative() || count == 0) {
            throw new IllegalArgumentException("cannot wait " + timeout + " for " + count + " requests");
        }
        checkMayWait();
        queue.await(() -> firstOver(requests) != null, nanos(timeout));
        return firstOver(requests);
    }

    /** The first that is over, null if none is. */
    private static AioRequest firstOver(List<AioRequest> requests) {
        for (AioRequest request : requests) {
            if (request != null && request.state().isOver()) {
                return request;
            }
        }
        return null;
    }

    private static long nanos(Duration duration) {
        return duration.compareTo(LONGEST) < 0 ? duration.toNanos() : Long.MAX_VALUE;
    }

    /**
     * Cancels a request, if the kernel has not got it; and a poll in any case.
     *
     * @param request the request
     * @return what came of it; a cancelled poll is over soon, and DONE if its descriptor became ready just then
     * @throws IllegalArgumentException if it is another's
     */
    public CancelOutcome cancel(AioRequest request) {
        checkOwn(request.isOf(this), request);
        return queue.cancel(request);
    }

    /**
     * Cancels all requests of a file that the kernel has not got.
     *
     * @param file the file
     * @return NOT_CANCELLED if one of them is in flight, whatever else was cancelled
     * @throws IllegalArgumentException if it is another's
     */
    public CancelOutcome cancelAll(AsyncFile file) {
        checkOwn(file.isOf(this), file.path());
        return queue.cancelAll(file);
    }

    /**
     * How many requests are not over.
     *
     * @return the count at some moment of the call
     */
    public int pending() {
        return queue.pending();
    }

    /** How often a request was looked at until now; for tests. */
    long looks() {
        return queue.looks();
    }

    /**
     * The requests that are over, for an epoll loop. Those submitted after the first call of this method are put there.
     *
     * @return the queue, the same at each call
     */
    public synchronized CompletionQueue completions() {
        if (completions == null) {
            completions = new CompletionQueue();
        }
        return completions;
    }

    /** Waits, whatever interrupts, until a file has no requests. */
    void awaitEnd(AsyncFile file) {
        boolean isInterrupted = false;
        while (true) {
            try {
                awaitWithoutEnd(() -> file.pending() == 0);
                break;
            } catch (InterruptedException _) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitWithoutEnd(BooleanSupplier isSo) throws InterruptedException {
        checkMayWait();
        try {
            queue.await(isSo, Long.MAX_VALUE);
        } catch (TimeoutException e) {
            throw new IllegalStateException("waited for centuries", e);
        }
    }

    private void checkMayWait() {
        if (reaper.isCaller()) {
            throw new IllegalStateException("a callback that runs in the reaping thread cannot wait;"
                + " give AsyncIo an executor with threads");
        }
    }

    /**
     * Takes no further requests, cancels those that are queued, waits until those in flight are over and gives everything back; memory and
     * files are the callers' again. Idempotent. Callbacks may still be on their way through the executor.
     */
    @Override
    public void close() {
        checkMayWait();
        queue.close();
        queue.cancelAll(null);
        context.wakeUp();
        reaper.join();
        context.close();
        synchronized (this) {
            if (completions != null) {
                completions.close();
            }
        }
    }
}

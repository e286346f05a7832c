package dev.varve.engine.aio;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoEngine;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import dev.varve.engine.linux.LinuxFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Asynchronous I/O by Linux kernel AIO. To what the kernel does it adds identity, every completion being matched with
 * its request by slot and generation, and a wait that any thread can end.
 *
 * <p>One owner thread calls everything but {@link #wakeUp}; another thread may become the owner if the handover is
 * synchronized. A request costs no allocation.
 *
 * <p>Invariants: at most {@code depth} requests and one poll are in flight, which is what the context was made for; the
 * memory of iocbs and events is freed after the context is gone; a long wait begins only with the doorbell's poll in
 * flight.
 */
public final class KernelAioEngine implements IoEngine {
    /** The largest depth accepted; the kernel's own limit lies at about four times as many. */
    public static final int DEPTH_MAX = 1 << 20;

    /** How long a wait lasts that nobody could end, because the kernel would not take the poll just then. */
    private static final long UNARMED_WAIT_NS = 1_000_000;
    private static final long CLOSING_WAIT_NS = 1_000_000_000;

    private final int depth;
    private final Arena arena;
    private final AioContext context;
    private final Doorbell doorbell;
    private final RequestSlots<IoRequest> slots;
    private final IocbSlab iocbs;
    private final DoorbellPoll poll;
    private boolean isClosed;

    private KernelAioEngine(int depth, Arena arena, AioContext context, Doorbell doorbell) {
        this.depth = depth;
        this.arena = arena;
        this.context = context;
        this.doorbell = doorbell;
        this.slots = new RequestSlots<>(depth);
        this.iocbs = new IocbSlab(arena, depth + 1);
        this.poll = new DoorbellPoll(doorbell, iocbs, depth);
    }

    /**
     * Opens an engine.
     *
     * @param depth the most requests that may be in flight, from 1 to {@link #DEPTH_MAX}; one more counts against
     *              fs.aio-max-nr
     * @return the engine
     * @throws StorageContractException if the machine refuses asynchronous I/O; the message names cause and remedy
     */
    @SuppressWarnings("MustBeClosedChecker") // The engine closes the arena, at a moment that is no scope's end.
    public static KernelAioEngine open(int depth) {
        if (depth < 1 || depth > DEPTH_MAX) {
            throw new IllegalArgumentException("impossible depth: " + depth);
        }
        Arena arena = Arena.ofShared();
        AioContext context = null;
        Doorbell doorbell = null;
        boolean isOpen = false;
        try {
            context = new AioContext(arena, depth + 1);
            doorbell = new Doorbell();
            KernelAioEngine engine = new KernelAioEngine(depth, arena, context, doorbell);
            engine.checkPoll();
            isOpen = true;
            return engine;
        } finally {
            if (!isOpen) {
                release(context, doorbell, arena);
            }
        }
    }

    /** Learns at the start, not at the first wait, whether this kernel has polls. */
    private void checkPoll() {
        int result = armPoll();
        if (result < 0 && result != -Errno.EAGAIN && result != -Errno.EINTR) {
            throw new StorageContractException(StorageObstacle.NO_POLL, "this kernel or sandbox refuses to poll by AIO ("
                + Errno.name(-result) + "); it needs Linux 4.19 or later", -result);
        }
    }

    @Override
    public int depth() {
        return depth;
    }

    @Override
    public StorageContract contract() {
        return StorageContract.DIRECT_AIO;
    }

    /**
     * {@inheritDoc}
     *
     * <p>One system call. The doorbell's poll travels last in it when it has to be renewed, so it takes nobody's place.
     *
     * @throws dev.varve.engine.io.MisalignedRequestException if {@code requests[from]} is misaligned
     * @throws IllegalStateException if {@code requests[from]} is not queued, for example because it is in flight already
     * @throws IllegalArgumentException if the memory of {@code requests[from]} is none that the kernel could use
     */
    @Override
    public int submit(IoRequest[] requests, int from, int to) {
        checkOpen();
        int count = Math.min(to - from, slots.free());
        if (count <= 0) {
            return to > from ? -Errno.EAGAIN : 0;
        }
        count = encode(requests, from, count);
        if (count == 0) {
            return -Errno.EBADF;
        }
        boolean withPoll = !poll.isInFlight();
        if (withPoll) {
            poll.prepare(count);
        }
        int result = context.submit(withPoll ? count + 1 : count, iocbs.pointers());
        for (int i = 0; i < count; i++) {
            IoRequest request = requests[from + i];
            if (i < result) {
                slots.take(request);
            } else {
                request.notTaken();
            }
        }
        if (result <= 0) {
            return result == 0 ? -Errno.EAGAIN : result;
        }
        if (result > count) {
            poll.taken();
        }
        return Math.min(result, count);
    }

    /**
     * Writes iocbs for requests and marks them as being offered, up to the first that may not reach the kernel; how many. If that is the
     * very first, it is told why: one whose file is of another disk by the count of zero, any other by an exception.
     */
    private int encode(IoRequest[] requests, int from, int count) {
        for (int i = 0; i < count; i++) {
            IoRequest request = requests[from + i];
            if (!(request.file() instanceof LinuxFile file)) {
                return i;
            }
            int slot = slots.upcoming(i);
            try {
                checkMemory(request);
                request.taken(slot);
            } catch (IllegalArgumentException | IllegalStateException e) {
                if (i > 0) {
                    // Those before it are fit, and go; this one comes first in the next submission and is refused there.
                    return i;
                }
                throw e;
            }
            iocbs.encode(slot, slots.word(slot), request, file.descriptor());
            iocbs.point(i, slot);
        }
        return count;
    }

    /** Refuses memory that the kernel must not be told of: there it would be somebody else's, or nobody's. */
    private static void checkMemory(IoRequest request) {
        request.checkAligned();
        MemorySegment memory = request.memory();
        if (!memory.isNative() || !memory.scope().isAlive() || (request.kind() == IoRequest.Kind.READ && memory.isReadOnly())) {
            throw new IllegalArgumentException("memory of the request is on the heap, freed, or may not be read into: " + request);
        }
    }

    /** Puts the doorbell's poll in flight if it is not; not positive if the kernel does not take it. */
    private int armPoll() {
        if (poll.isInFlight()) {
            return 1;
        }
        poll.prepare(0);
        int result = context.submit(1, iocbs.pointers());
        if (result > 0) {
            poll.taken();
        }
        return result;
    }

    @Override
    public int reap(IoRequest[] done, int min, long timeoutNs) {
        checkOpen();
        if (min < 0 || timeoutNs < 0) {
            throw new IllegalArgumentException("negative: min=" + min + " timeoutNs=" + timeoutNs);
        }
        if (done.length == 0) {
            return 0;
        }
        if (min == 0 || timeoutNs == 0 || !doorbell.enter()) {
            int events = context.collect(0, done.length, 0);
            return events < 0 ? events : deliver(events, done, 0);
        }
        try {
            return await(done, Math.min(min, done.length), timeoutNs);
        } finally {
            doorbell.leave();
        }
    }

    /**
     * Waits. One event at a time is waited for, since the kernel counts the poll's, too: waiting for more, a ring would
     * not end the wait.
     */
    private int await(IoRequest[] done, int min, long timeoutNs) {
        long startNs = System.nanoTime();
        long remainingNs = timeoutNs;
        int count = 0;
        while (true) {
            long waitNs = armPoll() > 0 ? remainingNs : Math.min(remainingNs, UNARMED_WAIT_NS);
            int events = context.collect(1, done.length - count, waitNs);
            if (events < 0) {
                return count > 0 ? count : events;
            }
            count = deliver(events, done, count);
            remainingNs = timeoutNs - (System.nanoTime() - startNs);
            if (count >= min || remainingNs <= 0 || doorbell.isRung()) {
                return count;
            }
        }
    }

    /** Hands the requests of the first {@code events} events over, from index {@code count}; the new count. */
    private int deliver(int events, IoRequest[] done, int count) {
        int end = count;
        for (int i = 0; i < events; i++) {
            long word = context.data(i);
            if (poll.owns(word)) {
                poll.completed(word);
            } else {
                IoRequest request = slots.release(word);
                request.transferred(context.result(i));
                done[end++] = request;
            }
        }
        return end;
    }

    @Override
    public void wakeUp() {
        doorbell.ring();
    }

    private void checkOpen() {
        if (isClosed) {
            throw new IllegalStateException("the engine is closed");
        }
    }

    /**
     * {@inheritDoc}
     *
     * <p>Results of requests nobody reaped are noted in them; their completion handlers are not called. If the device
     * hangs, so does this.
     */
    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        try {
            drain();
        } finally {
            release(context, doorbell, arena);
        }
    }

    private void drain() {
        IoRequest[] done = new IoRequest[depth];
        while (slots.occupied() > 0) {
            int events = context.collect(1, depth, CLOSING_WAIT_NS);
            if (events < 0 && events != -Errno.EINTR) {
                // The kernel will not say more; destroying the context waits for the same I/O.
                return;
            }
            deliver(Math.max(events, 0), done, 0);
        }
    }

    /** The order is the point: no memory and no descriptor is given back before the kernel is done with it. */
    private static void release(AioContext context, Doorbell doorbell, Arena arena) {
        if (context != null) {
            context.destroy();
        }
        if (doorbell != null) {
            doorbell.close();
        }
        arena.close();
    }
}

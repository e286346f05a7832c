package dev.varve.engine.aio.request;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One submitted operation: where it stands, and what came of it.
 *
 * <pre>
 *              given to the kernel
 *   QUEUED ─────────────────────────► IN_FLIGHT ──────► DONE
 *     │ │                                 │ └─────────► FAILED
 *     │ └── refused by the kernel ────────│───────────► FAILED
 *     └──── cancel ──► CANCELLED ◄────────┘ a poll only
 * </pre>
 *
 * <p>Any thread may ask, any number of times, and is never made to wait. Invariant: the result is there before the state says so, and
 * neither changes any more; so each submission has a request of its own, the one object that it costs.
 */
public final class AioRequest {
    /** Where a request stands. */
    public enum State {
        /** Not yet with the kernel: no room, or a sync that waits for writes. */
        QUEUED,
        /** With the kernel. */
        IN_FLIGHT,
        /** Over, with a result. */
        DONE,
        /** Over, with an error. */
        FAILED,
        /** Over before it began. */
        CANCELLED;

        /**
         * Whether nothing will change any more.
         *
         * @return true for the last three
         */
        public boolean isOver() {
            return this == DONE || this == FAILED || this == CANCELLED;
        }
    }

    private static final System.Logger LOGGER = System.getLogger(AioRequest.class.getName());

    private final Operation operation;
    private final AsyncIo io;
    private volatile State state = State.QUEUED;
    private long result;
    /** Null while nobody listens; guarded by this request, as is whether they have been told. */
    private List<Runnable> listeners;
    private boolean isAnnounced;
    /** A poll that the kernel agreed to cancel; guarded by the queue's lock, as all that follows. */
    private boolean isCancelled;
    private RequestList list;
    private AioRequest previous;
    private AioRequest next;
    private AsyncFile.Round round;

    AioRequest(Operation operation, AsyncIo io) {
        this.operation = operation;
        this.io = io;
    }

    /** Whether it is that one's to wait for and to cancel. */
    boolean isOf(AsyncIo other) {
        return io == other;
    }

    /**
     * What was asked.
     *
     * @return the operation
     */
    public Operation operation() {
        return operation;
    }

    /**
     * Where it stands.
     *
     * @return the state at this moment
     */
    public State state() {
        return state;
    }

    /**
     * What came of it.
     *
     * @return what the operation says
     * @throws IllegalStateException  if it is not over
     * @throws IoFailureException     if it failed, with operation and errno
     * @throws CancellationException  if it was cancelled
     */
    public long result() {
        return switch (state) {
            case QUEUED, IN_FLIGHT -> throw new IllegalStateException("not over yet: " + this);
            case DONE -> result;
            case FAILED -> throw IoFailureException.of(operation.toString(), errno());
            case CANCELLED -> throw new CancellationException("cancelled: " + operation);
        };
    }

    /**
     * Why it failed.
     *
     * @return a positive errno, 0 if it has not failed
     */
    public int errno() {
        return state == State.FAILED ? (int) -result : 0;
    }

    /**
     * A future of the result, completed on the executor; if that refuses, by whoever learns that the request is over. To cancel the future
     * does not cancel the request.
     *
     * @return a new future, completed exceptionally as {@link #result} throws
     */
    public CompletableFuture<Long> future() {
        CompletableFuture<Long> future = new CompletableFuture<>();
        listen(() -> executeAnyhow(() -> {
            try {
                future.complete(result());
            } catch (RuntimeException e) {
                future.completeExceptionally(e);
            }
        }));
        return future;
    }

    /**
     * Has a callback run on the executor when the request is over, at once if it is. It may submit further requests. What it throws is
     * logged.
     *
     * @param callback called once
     */
    public void onOver(Consumer<AioRequest> callback) {
        listen(() -> execute(() -> callback.accept(this)));
    }

    /** Has something short run by whoever learns that the request is over, or by the caller if it is. */
    void listen(Runnable listener) {
        synchronized (this) {
            if (!isAnnounced) {
                if (listeners == null) {
                    listeners = new ArrayList<>(1);
                }
                listeners.add(listener);
                return;
            }
        }
        listener.run();
    }

    /** Completes a future on the executor, or here if that refuses: nobody may wait for ever. */
    void executeAnyhow(Runnable completion) {
        if (!execute(completion)) {
            completion.run();
        }
    }

    /** Hands a task to the executor; false if it is refused, which is logged. */
    private boolean execute(Runnable task) {
        try {
            io.executor().execute(() -> {
                try {
                    task.run();
                } catch (RuntimeException | Error e) {
                    LOGGER.log(System.Logger.Level.WARNING, "a callback failed of " + operation, e);
                }
            });
            return true;
        } catch (RuntimeException | Error e) {
            // An error, too, such as that of a pool which cannot start a thread: the reaper must not die of it.
            LOGGER.log(System.Logger.Level.WARNING, "the executor refused a callback of " + operation, e);
            return false;
        }
    }

    /** Tells the listeners; after the request is over, once, and without a lock held. */
    void announce() {
        List<Runnable> all;
        synchronized (this) {
            isAnnounced = true;
            all = listeners;
            listeners = null;
        }
        if (all != null) {
            all.forEach(Runnable::run);
        }
    }

    void taken() {
        state = State.IN_FLIGHT;
    }

    /** It is over, with what the kernel said: a result, or an error negated. */
    void over(long value) {
        result = value;
        if (isCancelled && value == 0) {
            state = State.CANCELLED;
        } else {
            state = value < 0 ? State.FAILED : State.DONE;
        }
    }

    /** It is over before the kernel heard of it. */
    void withdrawn() {
        state = State.CANCELLED;
    }

    /** Whether the kernel has agreed to cancel it. */
    boolean isCancelled() {
        return isCancelled;
    }

    /** The kernel cancels it, and will say so. */
    void cancelled() {
        isCancelled = true;
    }

    /** The list it is in, null if it is in none. */
    RequestList list() {
        return list;
    }

    /** The one before it in its list. */
    AioRequest previous() {
        return previous;
    }

    /** The one behind it in its list. */
    AioRequest next() {
        return next;
    }

    /** Called by lists alone. */
    void link(RequestList in, AioRequest before, AioRequest behind) {
        list = in;
        previous = before;
        next = behind;
    }

    /** Of a write, the round that it belongs to; of a sync, the round that it waits for, null if for none. */
    AsyncFile.Round round() {
        return round;
    }

    void join(AsyncFile.Round other) {
        round = other;
    }

    @Override
    public String toString() {
        State now = state;
        return operation + " " + now + (now == State.FAILED ? " " + Errno.name(errno()) : "");
    }
}

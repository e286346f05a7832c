package dev.varve.engine.aio;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.linux.Syscalls;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Wakes the owner thread out of a wait for completions. The truth is one word; the eventfd only gets a blocked thread
 * moving.
 *
 * <pre>
 *             ring                      enter (then the wait does not block)
 *   AWAY ─────────────► RUNG ─────────────────────────────► AWAY
 *     │ enter             ▲
 *     └────► WAITING ─────┘ ring, which also writes to the eventfd
 *               │ leave
 *               └────► AWAY
 * </pre>
 *
 * <p>So ringing at an owner that is not waiting, or that was rung at before, costs no system call, and a ring is never
 * lost. A write to the eventfd may come after the wait it was meant for has ended; the next wait then finds it, sees
 * that nobody has rung, and goes on.
 *
 * <p>{@link #ring} is for any thread, the rest for the owner. The eventfd is written and closed under one lock, so a
 * late ring never reaches a file that got the same number.
 */
final class Doorbell {
    private static final int AWAY = 0;
    private static final int WAITING = 1;
    private static final int RUNG = 2;
    private static final int CLOSED = -1;

    private final AtomicInteger state = new AtomicInteger(AWAY);
    private final Syscalls ownerCalls = Syscalls.open();
    private final Object lock = new Object();
    private final Syscalls ringerCalls = Syscalls.open();
    private int eventfd;

    /**
     * Makes a doorbell.
     *
     * @throws StorageContractException if the process may open no further file
     */
    Doorbell() {
        eventfd = ownerCalls.eventfd();
        if (eventfd < 0) {
            throw EventCounter.refusal(-eventfd);
        }
    }

    /** The descriptor to poll; readable when the owner is to be moved. Changed by {@link #close} alone. */
    int descriptor() {
        return eventfd;
    }

    /** Ends the owner's present wait, or makes its next one end at once. Without effect once closed. */
    void ring() {
        if (state.getAndSet(RUNG) == WAITING) {
            synchronized (lock) {
                if (eventfd != CLOSED) {
                    ringerCalls.increment(eventfd);
                }
            }
        }
    }

    /**
     * The owner is about to wait.
     *
     * @return false if somebody has rung: then it must not block, and the ring is used up
     */
    boolean enter() {
        if (state.compareAndSet(AWAY, WAITING)) {
            return true;
        }
        leave();
        return false;
    }

    /** Whether somebody has rung since the owner entered. */
    boolean isRung() {
        return state.get() == RUNG;
    }

    /** The owner has stopped waiting; a ring until now is used up, and what happened before it is visible to the owner. */
    void leave() {
        // A read and a write in one, so that it also synchronizes with a ringer that found the bell rung already.
        state.getAndSet(AWAY);
    }

    /** Empties the eventfd, so that it can be polled anew. */
    void mute() {
        int result = ownerCalls.reset(eventfd);
        assert result == Long.BYTES || result == -Errno.EAGAIN || result == -Errno.EINTR : result;
    }

    /** Closes the eventfd. Idempotent. */
    void close() {
        synchronized (lock) {
            if (eventfd != CLOSED) {
                ringerCalls.close(eventfd);
                eventfd = CLOSED;
            }
        }
    }
}

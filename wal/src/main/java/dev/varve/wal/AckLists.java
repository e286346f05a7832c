package dev.varve.wal;

import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;

/** Keeps lists of waiters of one capacity for reuse. Any thread; entered once for each batch, never for each record. */
final class AckLists {
    private static final int KEPT_MAX = 64;

    private final ReentrantLock lock = new ReentrantLock();
    private final ArrayDeque<AckList> free = new ArrayDeque<>();
    private final int capacity;

    AckLists(int capacity) {
        this.capacity = capacity;
    }

    AckList acquire() {
        lock.lock();
        try {
            AckList list = free.poll();
            return list != null ? list : new AckList(capacity, this);
        } finally {
            lock.unlock();
        }
    }

    void release(AckList list) {
        lock.lock();
        try {
            if (free.size() < KEPT_MAX) {
                free.push(list);
            }
        } finally {
            lock.unlock();
        }
    }
}

package dev.varve.engine.aio;

import java.util.function.Predicate;

/**
 * Which request is in which slot. A slot's number and generation travel through the kernel as one word,
 *
 * <pre>
 *    63            32 31             0
 *    +---------------+---------------+
 *    |  generation   |     slot      |
 *    +---------------+---------------+
 * </pre>
 *
 * <p>and come back with the completion. The generation counts the lives of the slot, so that a completion that arrives
 * late or twice is recognized instead of being taken for that of the slot's next request.
 *
 * <p>Used by one thread at a time. Invariant: each slot is either free, on the stack, or holds one request.
 * Taking and releasing cost constant time and no memory.
 *
 * @param <R> what a request is
 */
final class RequestSlots<R> {
    private final Object[] requests;
    private final int[] generations;
    private final int[] free;
    private int freeCount;

    RequestSlots(int count) {
        requests = new Object[count];
        generations = new int[count];
        free = new int[count];
        while (freeCount < count) {
            free[freeCount] = count - 1 - freeCount;
            freeCount++;
        }
    }

    /** How many slots are free. */
    int free() {
        return freeCount;
    }

    /** How many slots hold a request. */
    int occupied() {
        return requests.length - freeCount;
    }

    /** The slot that the {@code n}-th take from now will give, from 0. */
    int upcoming(int n) {
        return free[freeCount - 1 - n];
    }

    /** The word that stands for a slot's present life. */
    long word(int slot) {
        return word(slot, generations[slot]);
    }

    /** A slot number and a generation in one word. */
    static long word(int slot, int generation) {
        return (long) generation << Integer.SIZE | slot;
    }

    /** The slot number in a word. */
    static int slot(long word) {
        return (int) word;
    }

    /**
     * Puts a request into the next free slot.
     *
     * @return the slot
     */
    int take(R request) {
        int slot = free[--freeCount];
        assert requests[slot] == null : slot;
        requests[slot] = request;
        return slot;
    }

    /**
     * Takes the request out of its slot, ending this life of it.
     *
     * @param word what came back
     * @return the request
     * @throws IllegalStateException if no request is in flight under that word
     */
    R release(long word) {
        int slot = slot(word);
        if (slot < 0 || slot >= requests.length) {
            throw new IllegalStateException("unknown completion: slot " + slot + " of " + requests.length);
        }
        Object request = requests[slot];
        if (request == null || word != word(slot)) {
            throw new IllegalStateException("duplicate or late completion: slot " + slot + ", generation "
                + (word >>> Integer.SIZE) + ", where " + Integer.toUnsignedLong(generations[slot]) + " is "
                + (request == null ? "free" : "in flight"));
        }
        requests[slot] = null;
        generations[slot]++;
        free[freeCount++] = slot;
        return cast(request);
    }

    /** The slot that holds a request that fits, or -1; looks at each. */
    int find(Predicate<R> isIt) {
        for (int slot = 0; slot < requests.length; slot++) {
            if (requests[slot] != null && isIt.test(cast(requests[slot]))) {
                return slot;
            }
        }
        return -1;
    }

    @SuppressWarnings("unchecked") // Nothing but requests is put in.
    private R cast(Object request) {
        return (R) request;
    }
}

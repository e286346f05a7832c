package dev.varve.engine.aio;

/**
 * The one poll that makes a {@link Doorbell} end a wait for completions. It works once and has to be put in flight anew.
 *
 * <pre>
 *            prepare, taken                  completed
 *   at rest ────────────────► in flight ────────────────► at rest
 * </pre>
 *
 * <p>Used by the thread that reaps, alone. Invariant: its slot lies behind those of the requests, so that it takes
 * nobody's place.
 */
final class DoorbellPoll {
    private final Doorbell doorbell;
    private final IocbSlab iocbs;
    private final int slot;
    private int generation;
    private boolean isInFlight;

    DoorbellPoll(Doorbell doorbell, IocbSlab iocbs, int slot) {
        this.doorbell = doorbell;
        this.iocbs = iocbs;
        this.slot = slot;
    }

    boolean isInFlight() {
        return isInFlight;
    }

    /** Makes it the {@code index}-th iocb of the next submission. */
    void prepare(int index) {
        assert !isInFlight;
        generation++;
        iocbs.encodePoll(slot, RequestSlots.word(slot, generation), doorbell.descriptor());
        iocbs.point(index, slot);
    }

    /** The kernel has taken it. */
    void taken() {
        assert !isInFlight;
        isInFlight = true;
    }

    /** Whether a completion is this poll's rather than a request's. */
    boolean owns(long word) {
        return RequestSlots.slot(word) == slot;
    }

    /**
     * The eventfd was written to; it is emptied for the next time.
     *
     * @param word what came back with the completion
     * @throws IllegalStateException if the poll is not in flight under that word
     */
    void completed(long word) {
        if (!isInFlight || word != RequestSlots.word(slot, generation)) {
            throw new IllegalStateException("duplicate or late completion of the poll, generation " + (word >>> Integer.SIZE)
                + ", where " + Integer.toUnsignedLong(generation) + " is " + (isInFlight ? "in flight" : "at rest"));
        }
        isInFlight = false;
        doorbell.mute();
    }
}

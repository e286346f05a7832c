package dev.varve.engine.io;

/** A directory's lock, held until it is closed. Any thread may call. */
public interface HeldLock extends AutoCloseable {
    /**
     * Whether the lock file's name still leads to the file that is locked. If not, it was deleted, replaced or moved, and the lock keeps
     * nobody away any more. Asks for a name that the system has just looked up; reads no device as a rule.
     *
     * @return true as long as others who want the lock are refused
     * @throws IoFailureException if the system does not say
     */
    boolean isInPlace();

    /** Gives the lock back. Idempotent. */
    @Override
    void close();
}

package dev.varve.engine.aio;

import java.util.Objects;

/**
 * An iocb and whatever its event is to bring back.
 *
 * @param iocb    what the kernel is asked
 * @param request the caller's own object, given back with the event
 * @param <R>     what the caller's objects are
 */
public record Submission<R>(Iocb iocb, R request) {
    /** Checks that nothing is missing. */
    public Submission {
        Objects.requireNonNull(iocb, "iocb");
        Objects.requireNonNull(request, "request");
    }
}

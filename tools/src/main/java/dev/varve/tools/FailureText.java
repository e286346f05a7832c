package dev.varve.tools;

import java.util.concurrent.CompletionException;

/** What a command says of the failure that ended it: one sentence, never a stack trace. No state. */
final class FailureText {
    private FailureText() {
    }

    /**
     * The sentence for a failure.
     *
     * @param thrown what ended the command
     * @return what happened and, where it is known, what to do
     */
    static String of(Throwable thrown) {
        Throwable reason = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        return isOutOfMemory(reason)
            ? "out of memory (" + text(reason) + "): raise the heap with VARVE_JAVA_OPTIONS=-Xmx2g, or more" : text(reason);
    }

    /** The message of an exception is a sentence of its own; that of an error seldom is. */
    private static String text(Throwable reason) {
        if (reason.getMessage() == null || (reason instanceof Error && !(reason instanceof OutOfMemoryError))) {
            return reason.toString();
        }
        return reason.getMessage();
    }

    /** Also if it met the log's own thread, whose failure then carries it. */
    private static boolean isOutOfMemory(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError) {
                return true;
            }
        }
        return false;
    }
}

package dev.varve.wal;

/** A salvage may not write where it was told to. Nothing was changed there; the message says what is in the way. */
public final class SalvageTargetException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SalvageTargetException(String message) {
        super(message);
    }
}

package dev.varve.engine.segment;

/** A file was written by a newer version of the format. Nothing is wrong with it; a newer build reads it. */
public final class UnsupportedVersionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param structure which structure, in which file
     */
    public UnsupportedVersionException(String structure) {
        super(structure + " has a format version newer than " + SegmentHeaderDescriptor.VERSION + "; open it with a newer Varve");
    }
}

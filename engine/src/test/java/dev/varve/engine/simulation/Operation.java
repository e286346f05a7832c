package dev.varve.engine.simulation;

import dev.varve.engine.io.IoRequest;

/** What a program can ask of the simulated machine, as a fault script names it. */
public enum Operation {
    /** A read request; the file's name counts. */
    READ,
    /** A write request; the file's name counts. */
    WRITE,
    /** A data sync request; the file's name counts. */
    DATA_SYNC,
    /** A sync request; the file's name counts. */
    SYNC,
    /** Creation of a file's name. */
    CREATE,
    /** Allocation of a new file's space; if it fails, the name is taken away again. */
    ALLOCATE,
    /** Opening of a file. */
    OPEN,
    /** Asking how long a file is, as part of opening it. */
    LENGTH,
    /** Renaming; the old name counts. */
    RENAME,
    /** Deletion of a name. */
    DELETE,
    /** Listing of a directory; the directory's own name counts. */
    LIST,
    /** Sync of a directory; the directory's own name counts. */
    DIRECTORY_SYNC,
    /** Taking a lock or asking for it. */
    LOCK,
    /** Opening of a directory; its own name counts. */
    OPEN_DIRECTORY,
    /** Opening of an engine; the name is {@code engine}. */
    OPEN_ENGINE,
    /** A call that submits; the name is {@code engine}. */
    SUBMIT,
    /** A call that reaps; the name is {@code engine}. */
    REAP;

    static Operation of(IoRequest.Kind kind) {
        return switch (kind) {
            case READ -> READ;
            case WRITE -> WRITE;
            case DATA_SYNC -> DATA_SYNC;
            case SYNC -> SYNC;
        };
    }
}

package dev.varve.engine.io;

/** A file that only an engine of the tests can do something with. */
record FakeFile(String path, long length, int blockSize) implements IoFile {
    static final int BLOCK = 4096;

    FakeFile(String path) {
        this(path, 1L << 30, BLOCK);
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}

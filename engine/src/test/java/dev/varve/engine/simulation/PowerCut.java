package dev.varve.engine.simulation;

/** Decides what one power cut leaves of everything that was not durable. Used once, under the course's lock. */
interface PowerCut {
    /** Whether a change of a name happened. */
    boolean survives();

    /**
     * What a sector holds afterwards; sectors of one file are asked for in ascending order.
     *
     * @param content the file's
     * @param sector  one that has versions in the cache
     * @return its bytes, or null if it cannot be read
     */
    byte[] remains(SimulatedContent content, int sector);

    /** How long a file is afterwards whose allocation was not durable. */
    long remainingLength(long durable, long length);
}

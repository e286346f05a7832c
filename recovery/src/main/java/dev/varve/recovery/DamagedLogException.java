package dev.varve.recovery;

import dev.varve.engine.segment.Defect;

/** A reader met bytes that are not what was acknowledged there. Everything delivered before is whole. */
public final class DamagedLogException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long lsn;
    private final Defect defect;

    /**
     * Makes an exception.
     *
     * @param place  file and offset
     * @param lsn    the LSN there
     * @param defect what is wrong
     */
    public DamagedLogException(String place, long lsn, Defect defect) {
        super("damage at " + place + ", LSN " + lsn + ": " + defect.text()
            + "; records before it are whole, verify the log to see what is lost");
        this.lsn = lsn;
        this.defect = defect;
    }

    /**
     * Where reading stopped.
     *
     * @return an LSN
     */
    public long lsn() {
        return lsn;
    }

    /**
     * What is wrong.
     *
     * @return the defect
     */
    public Defect defect() {
        return defect;
    }
}

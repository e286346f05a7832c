package dev.varve.engine.io;

/** Whether requests really run while their submitter does something else. */
public enum Asynchrony {
    /** It could not be seen. */
    UNKNOWN(0),
    /** All were over when their submission returned, each time. */
    SYNCHRONOUS(1),
    /** Some were still running when their submission returned. */
    ASYNCHRONOUS(2);

    private final int code;

    Asynchrony(int code) {
        this.code = code;
    }

    /** The value stored in summaries. */
    int code() {
        return code;
    }

    /** Finds one by its stored value; null if there is none. */
    static Asynchrony of(int code) {
        for (Asynchrony asynchrony : values()) {
            if (asynchrony.code == code) {
                return asynchrony;
            }
        }
        return null;
    }
}

package dev.varve.engine.io;

/** Whether requests really run while their submitter does something else. The order is that of the codes in segment headers. */
public enum Asynchrony {
    /** It could not be seen. */
    UNKNOWN,
    /** All were over when their submission returned, each time. */
    SYNCHRONOUS,
    /** Some were still running when their submission returned. */
    ASYNCHRONOUS
}

package dev.varve.engine.aio;

/**
 * How urgent a request is to the I/O scheduler; one that knows no priorities ignores it.
 *
 * @param urgency the class
 * @param level   within the class, from 0, the most urgent, to 7
 * @see <a href="https://man7.org/linux/man-pages/man2/ioprio_set.2.html">ioprio_set(2)</a>
 */
public record IoPriority(Urgency urgency, int level) {
    /** Served when nobody else wants the disk. */
    public static final IoPriority IDLE = new IoPriority(Urgency.IDLE, 0);
    /** What a process has that never asked for another. */
    public static final IoPriority NORMAL = new IoPriority(Urgency.BEST_EFFORT, 4);

    private static final int CLASS_SHIFT = 13;
    private static final int LEVEL_MAX = 7;

    /** The classes. */
    public enum Urgency {
        /** That of the submitting thread; its level must be 0. */
        NONE(0),
        /** Before everybody else; needs CAP_SYS_NICE or CAP_SYS_ADMIN. */
        REALTIME(1),
        /** Shares with everybody else, by level. */
        BEST_EFFORT(2),
        /** After everybody else. */
        IDLE(3);

        private final int number;

        Urgency(int number) {
            this.number = number;
        }
    }

    /**
     * Makes a priority.
     *
     * @throws IllegalArgumentException if there is no such level
     */
    public IoPriority {
        if (level < 0 || level > LEVEL_MAX || (urgency == Urgency.NONE && level != 0)) {
            throw new IllegalArgumentException("impossible level " + level + " of priority " + urgency);
        }
    }

    /** As the kernel reads it. */
    int word() {
        return urgency.number << CLASS_SHIFT | level;
    }
}

package dev.varve.engine.simulation;

import dev.varve.engine.io.IoRequest.Kind;

/**
 * How long things take on the virtual clock: roughly what a good SSD takes, each time the same on a quiet disk, else scattered widely with
 * a long tail.
 */
final class Latency {
    private static final long CALL_NS = 2_000;
    private static final long DIRECTORY_CALL_NS = 50_000;
    private static final double SLOW_CHANCE = 0.03;
    private static final int SLOW_FACTOR = 50;

    private final Course course;
    private final double disorder;

    Latency(Course course, double disorder) {
        this.course = course;
        this.disorder = disorder;
    }

    long ofCallNs() {
        return CALL_NS;
    }

    long ofDirectoryCallNs() {
        return scattered(DIRECTORY_CALL_NS);
    }

    long ofRequestNs(Kind kind) {
        return scattered(switch (kind) {
            case READ -> 40_000;
            case WRITE -> 60_000;
            case DATA_SYNC, SYNC -> 300_000;
        });
    }

    private long scattered(long ns) {
        if (!course.chance(disorder)) {
            return ns;
        }
        long scattered = ns / 10 + course.below(4 * ns);
        return course.chance(SLOW_CHANCE) ? scattered * SLOW_FACTOR : scattered;
    }
}

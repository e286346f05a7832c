package dev.varve.wal;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a campaign has met, so that it can be failed for having met too little. Any thread. */
final class Situations {
    /** Of damage that recovery cannot be sure to see, what it saw. */
    static final String WINDOW_REPORTED = "damage within the window reported";
    /** What it did not. */
    static final String WINDOW_LOST = "damage within the window not seen";

    private final ConcurrentHashMap<String, LongAdder> counts = new ConcurrentHashMap<>();

    void add(String name, long times) {
        counts.computeIfAbsent(name, _ -> new LongAdder()).add(times);
    }

    void add(boolean isMet, String name) {
        add(name, isMet ? 1 : 0);
    }

    long count(String name) {
        LongAdder count = counts.get(name);
        return count == null ? 0 : count.sum();
    }

    Map<String, Long> all() {
        Map<String, Long> sorted = new TreeMap<>();
        counts.forEach((name, count) -> sorted.put(name, count.sum()));
        return sorted;
    }
}

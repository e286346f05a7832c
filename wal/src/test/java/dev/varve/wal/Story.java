package dev.varve.wal;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.StringJoiner;

/** What was done in the course of one seed, told only when it went wrong. Owned by one thread. */
final class Story {
    private static final int KEPT_MAX = 60;

    private final Deque<Object[]> events = new ArrayDeque<>();
    private long dropped;

    /** One thing that was done: a word, and what it was done with. */
    void tell(Object... event) {
        if (events.size() == KEPT_MAX) {
            events.removeFirst();
            dropped++;
        }
        events.add(event);
    }

    @Override
    public String toString() {
        StringJoiner lines = new StringJoiner("; ");
        if (dropped > 0) {
            lines.add("(" + dropped + " before)");
        }
        for (Object[] event : events) {
            StringJoiner words = new StringJoiner(" ");
            for (Object word : event) {
                words.add(String.valueOf(word));
            }
            lines.add(words.toString());
        }
        return lines.toString();
    }
}

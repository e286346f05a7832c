package dev.varve.recovery;

import dev.varve.engine.segment.SegmentHeader;
import dev.varve.recovery.SegmentSummary.State;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * The segments of a log that is not sound, by where they lie.
 *
 * <pre>
 *   lowest ◄─ … ◄─ below        between          fault        above ◄─ … ◄─ last       beyond
 *   linked upward, one way      strays, holes    one          linked downward          not in the manifest
 * </pre>
 *
 * @param below   linked from the lowest one on, as long as there is only one way to go, and below the fault; perhaps none
 * @param between what lies, or should lie, between these and the fault
 * @param above   linked from the last one down to the fault; perhaps none
 * @param beyond  numbers of segments behind the fault that were begun but are not named by the manifest
 */
record Remains(List<SegmentHeader> below, List<Stray> between, List<SegmentHeader> above, List<Long> beyond) {
    /**
     * A segment that cannot be reached by links from either side.
     *
     * @param segment its number
     * @param header  its header, null if it has none that is valid
     * @param state   what is wrong if there is no header
     */
    record Stray(long segment, SegmentHeader header, State state) {
    }

    /**
     * Numbers that bound the parts.
     *
     * @param lowest  the lowest that the manifest names
     * @param fault   the segment that is at fault
     * @param highest the highest that the manifest names
     */
    record Range(long lowest, long fault, long highest) {
    }

    /**
     * Sorts out what is there.
     *
     * @param headers the valid headers by number, none below the lowest
     * @param files   the numbers of all files
     * @param range   what bounds the parts
     * @param above   linked down to the fault
     * @return the parts
     */
    static Remains of(NavigableMap<Long, SegmentHeader> headers, NavigableSet<Long> files, Range range, List<SegmentHeader> above) {
        List<SegmentHeader> below = below(headers.headMap(range.fault(), false), range.lowest());
        long from = below.isEmpty() ? range.lowest() : below.getLast().segment() + 1;
        List<Long> beyond = new ArrayList<>(headers.tailMap(Math.max(range.fault(), range.highest()), false).keySet());
        if (from >= range.fault()) {
            return new Remains(below, List.of(), above, beyond);
        }
        NavigableMap<Long, SegmentHeader> strays = headers.subMap(from, true, range.fault(), false);
        NavigableSet<Long> numbers = new TreeSet<>(files.subSet(from, true, range.fault(), false));
        for (SegmentHeader stray : strays.values()) {
            long link = stray.predecessor().segment();
            if (link >= from && link < range.fault()) {
                numbers.add(link);
            }
        }
        List<Stray> between = new ArrayList<>();
        for (long number : numbers) {
            between.add(new Stray(number, strays.get(number), files.contains(number) ? State.BAD_HEADER : State.MISSING));
        }
        return new Remains(below, between, above, beyond);
    }

    private static List<SegmentHeader> below(NavigableMap<Long, SegmentHeader> headers, long lowest) {
        Map<Long, List<SegmentHeader>> successors = new HashMap<>();
        for (SegmentHeader header : headers.values()) {
            successors.computeIfAbsent(header.predecessor().segment(), _ -> new ArrayList<>()).add(header);
        }
        List<SegmentHeader> below = new ArrayList<>();
        SegmentHeader next = headers.get(lowest);
        while (next != null) {
            below.add(next);
            List<SegmentHeader> following = successors.getOrDefault(next.segment(), List.of());
            next = following.size() == 1 ? following.getFirst() : null;
        }
        return below;
    }

    /** The headers of all that may be walked. */
    List<SegmentHeader> headers() {
        List<SegmentHeader> headers = new ArrayList<>(below);
        between.stream().filter(stray -> stray.header() != null).forEach(stray -> headers.add(stray.header()));
        headers.addAll(above);
        return headers;
    }
}

package dev.varve.engine.simulation;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The names in one directory: as programs see them, as they are durable, and the changes in between.
 *
 * <p>Each change is atomic: after a power cut a renamed file has its old name or its new one, never both or neither. A change happens
 * only if every earlier change of the same names has happened; apart from that, changes survive independently of one another and of their
 * order.
 *
 * <p>Guarded by the course's lock.
 */
final class NameTable {
    private final SortedMap<String, SimulatedContent> current = new TreeMap<>();
    private final SortedMap<String, SimulatedContent> durable = new TreeMap<>();
    private final List<Change> changes = new ArrayList<>();
    private final Set<SimulatedContent> locks = Collections.newSetFromMap(new IdentityHashMap<>());

    /** One change: {@code from} is null for a creation, {@code to} for a deletion. */
    private record Change(String from, String to, SimulatedContent content, boolean isDoomed) {
        void applyTo(Map<String, SimulatedContent> names) {
            if (from != null) {
                names.remove(from);
            }
            if (to != null) {
                names.put(to, content);
            }
        }

        boolean touches(Set<String> names) {
            return names.contains(from) || names.contains(to);
        }

        void addTo(Set<String> names) {
            if (from != null) {
                names.add(from);
            }
            if (to != null) {
                names.add(to);
            }
        }

        Change doomed(boolean doomed) {
            return new Change(from, to, content, doomed);
        }
    }

    SimulatedContent find(String name) {
        return current.get(name);
    }

    List<String> names() {
        return List.copyOf(current.keySet());
    }

    long length() {
        long sum = 0;
        for (SimulatedContent content : current.values()) {
            sum += content.length();
        }
        return sum;
    }

    void create(String name, SimulatedContent content) {
        change(new Change(null, name, content, false));
    }

    void rename(String from, String to) {
        SimulatedContent content = current.get(from);
        content.named(to);
        change(new Change(from, to, content, false));
    }

    void delete(String name) {
        change(new Change(name, null, null, false));
    }

    private void change(Change change) {
        change.applyTo(current);
        changes.add(change);
    }

    /** Makes all changes durable but those that a failed sync has doomed and what follows from them. */
    void sync() {
        List<Change> left = settle(change -> !change.isDoomed());
        changes.clear();
        changes.addAll(left);
        for (SimulatedContent content : current.values()) {
            content.hardenLength();
        }
    }

    /** After the failure of a sync: no later sync makes durable what it covered. */
    void doom() {
        changes.replaceAll(change -> change.doomed(true));
    }

    /** The directory is opened anew and found in its present state: a later sync makes that durable. */
    void observe() {
        changes.replaceAll(change -> change.doomed(false));
    }

    /** Applies the chosen changes to the durable names; those left. */
    private List<Change> settle(Predicate<Change> chosen) {
        List<Change> left = new ArrayList<>();
        Set<String> unsettled = new HashSet<>();
        for (Change change : changes) {
            if (!change.touches(unsettled) && chosen.test(change)) {
                change.applyTo(durable);
            } else {
                change.addTo(unsettled);
                left.add(change);
            }
        }
        return left;
    }

    /** What the power cut makes of names and contents, all of it durable. */
    void cut(PowerCut cut, Course course) {
        int all = changes.size();
        int lost = settle(_ -> cut.survives()).size();
        for (int i = 0; i < all; i++) {
            course.saw(i < lost ? Situation.NAME_CHANGE_LOST : Situation.NAME_CHANGE_KEPT);
        }
        changes.clear();
        locks.clear();
        current.clear();
        current.putAll(durable);
        current.forEach((name, content) -> {
            content.named(name);
            content.cut(cut);
        });
    }

    /** The program is gone, names and cache are not. */
    void kill(long step) {
        locks.clear();
        current.values().forEach(content -> content.settle(step));
    }

    /** Adds a name at rest. */
    void put(String name, SimulatedContent content) {
        current.put(name, content);
        durable.put(name, content);
        forgetChangesOf(name);
    }

    /** Takes a name away at rest. */
    void remove(String name) {
        current.remove(name);
        durable.remove(name);
        forgetChangesOf(name);
    }

    private void forgetChangesOf(String name) {
        changes.removeIf(change -> name.equals(change.from()) || name.equals(change.to()));
    }

    boolean lock(String name) {
        return locks.add(current.get(name));
    }

    void unlock(SimulatedContent file) {
        locks.remove(file);
    }

    boolean isLocked(String name) {
        return locks.contains(current.get(name));
    }

    /** A copy without locks. Contents are copied once each, however many names lead to them. */
    NameTable copy(Map<SimulatedContent, SimulatedContent> copies) {
        NameTable copy = new NameTable();
        current.forEach((name, content) -> copy.current.put(name, copyOf(content, copies)));
        durable.forEach((name, content) -> copy.durable.put(name, copyOf(content, copies)));
        for (Change change : changes) {
            SimulatedContent content = change.content() == null ? null : copyOf(change.content(), copies);
            copy.changes.add(new Change(change.from(), change.to(), content, change.isDoomed()));
        }
        return copy;
    }

    private static SimulatedContent copyOf(SimulatedContent content, Map<SimulatedContent, SimulatedContent> copies) {
        return copies.computeIfAbsent(content, SimulatedContent::copy);
    }
}

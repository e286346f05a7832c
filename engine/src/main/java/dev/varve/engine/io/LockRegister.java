package dev.varve.engine.io;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The locks that this process holds, whatever kind of disk took them. It is asked before the operating system, because that one
 * takes a process's locks on a file away when any channel on the file is closed: a lock file that is registered here is never opened.
 *
 * <p>Any thread.
 */
public final class LockRegister {
    private static final Set<Place> HELD = ConcurrentHashMap.newKeySet();

    /**
     * What is locked, the same for every path that leads there.
     *
     * @param device number of the device, major in the upper and minor in the lower half
     * @param inode  number of the directory on that device
     * @param name   the lock file's name in it
     */
    public record Place(long device, long inode, String name) {
    }

    private LockRegister() {
    }

    /**
     * Registers a lock.
     *
     * @param place what is to be locked
     * @return false if it is registered already
     */
    public static boolean take(Place place) {
        return HELD.add(place);
    }

    /**
     * Takes a lock out of the register; its file is unlocked by now.
     *
     * @param place what was locked
     */
    public static void release(Place place) {
        HELD.remove(place);
    }

    /**
     * Whether this process holds a lock.
     *
     * @param place what is locked
     * @return true from {@link #take} to {@link #release}
     */
    public static boolean isTaken(Place place) {
        return HELD.contains(place);
    }
}

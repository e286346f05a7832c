package dev.varve.engine.io;

import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * The locks that this process holds, whatever kind of disk took them. It is asked before the operating system, because that one
 * takes a process's locks on a file away when any channel on the file is closed: a lock file that is registered here is never opened.
 *
 * <p>Any thread. Invariant: nothing is registered while a lock file is open for a look.
 */
public final class LockRegister {
    private static final Set<Place> HELD = new HashSet<>();

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
        synchronized (HELD) {
            return HELD.add(place);
        }
    }

    /**
     * Takes a lock out of the register; its file is unlocked by now.
     *
     * @param place what was locked
     */
    public static void release(Place place) {
        synchronized (HELD) {
            HELD.remove(place);
        }
    }

    /**
     * Whether somebody holds a lock, in this process or elsewhere.
     *
     * @param place what is locked
     * @param look  opens the lock file, asks the operating system and closes the file; called only if this process does not hold the lock,
     *              and no lock is registered meanwhile
     * @return true if it is registered, or what the look has found
     */
    public static boolean isHeld(Place place, BooleanSupplier look) {
        synchronized (HELD) {
            return HELD.contains(place) || look.getAsBoolean();
        }
    }
}

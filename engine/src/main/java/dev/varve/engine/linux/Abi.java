package dev.varve.engine.linux;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import java.nio.ByteOrder;

/**
 * The two binary interfaces Varve speaks to a Linux kernel. System call numbers and some open flags differ between
 * them; the structures do not, both being 64-bit and little-endian.
 *
 * <p>Immutable; any thread.
 */
public enum Abi {
    /** Linux on x86-64. */
    X86_64,
    /** Linux on 64-bit ARM. */
    AARCH64;

    /**
     * The interface of the machine this runs on.
     *
     * @return the interface
     * @throws StorageContractException naming the platform, if it is none of these
     */
    public static Abi current() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"), ByteOrder.nativeOrder());
    }

    /** The interface of a platform described by Java's system properties. */
    static Abi of(String system, String architecture, ByteOrder order) {
        if (!"Linux".equals(system)) {
            throw refused(StorageObstacle.PLATFORM, system + " (" + architecture + ")");
        }
        if (order != ByteOrder.LITTLE_ENDIAN) {
            throw refused(StorageObstacle.BIG_ENDIAN, system + " on a big-endian processor (" + architecture + ")");
        }
        return switch (architecture) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64", "arm64" -> AARCH64;
            default -> throw refused(StorageObstacle.PLATFORM, system + " on " + architecture);
        };
    }

    private static StorageContractException refused(StorageObstacle obstacle, String platform) {
        return new StorageContractException(obstacle, "kernel AIO is not available on " + platform
            + "; it needs 64-bit Linux on x86-64 or aarch64, and a 64-bit JVM", Errno.ENOSYS);
    }
}

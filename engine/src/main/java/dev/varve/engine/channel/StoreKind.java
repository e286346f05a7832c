package dev.varve.engine.channel;

import dev.varve.engine.io.StorageSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What kind of file system a path lies on, by the name that the JDK has for it. No state. */
final class StoreKind {
    /** A file system without a device behind it: direct I/O means nothing there, whether it is accepted or not. */
    static final String MEMORY = "memory";

    private StoreKind() {
    }

    /**
     * Where the file system of a path keeps its bytes.
     *
     * @param path something that is there
     * @return one of the words of {@link StorageSummary}; empty if it is none that is known here
     */
    static String of(Path path) throws IOException {
        String type = Files.getFileStore(path).type();
        return switch (type) {
            case "tmpfs", "ramfs", "hugetlbfs", "rootfs" -> MEMORY;
            case "ext2", "ext3", "ext4", "xfs", "f2fs", "btrfs", "zfs", "overlay", "apfs", "NTFS" -> "disk";
            case "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph" -> "network";
            default -> type.startsWith("fuse") ? "user space" : "";
        };
    }

    /** The same for segment headers. Of the device below nothing is known. */
    static StorageSummary summary(Path path) throws IOException {
        return StorageSummary.of(of(path), "", "", 0);
    }
}

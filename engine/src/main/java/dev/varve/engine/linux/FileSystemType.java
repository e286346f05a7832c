package dev.varve.engine.linux;

/**
 * File systems by the magic number statfs(2) gives, and what they mean to a log.
 *
 * <p>Opening with O_DIRECT succeeds on nearly all of them, so it proves nothing; most of those refused here then copy
 * through the page cache, or run asynchronous requests to their end inside the submission.
 *
 * <p>Source: {@code include/uapi/linux/magic.h}; for zfs its own sources.
 */
enum FileSystemType {
    EXT4(0xEF53, "ext4", null),
    XFS(0x58465342, "xfs", null),
    F2FS(0xF2F52010L, "f2fs", null),
    OVERLAY(0x794C7630, "overlayfs", null),
    TMPFS(0x01021994, "tmpfs", "it lives in memory and is gone after a restart"),
    RAMFS(0x858458F6L, "ramfs", "it lives in memory and is gone after a restart"),
    HUGETLBFS(0x958458F6L, "hugetlbfs", "it lives in memory and is gone after a restart"),
    BTRFS(0x9123683EL, "btrfs", "it copies on write and runs asynchronous writes synchronously"),
    ZFS(0x2FC12FC1, "zfs", "it copies on write and runs asynchronous writes synchronously"),
    FUSE(0x65735546, "FUSE", "a user-space program decides there whether a sync reaches the disk"),
    V9FS(0x01021997, "9p", "another machine decides there whether a sync reaches the disk"),
    NFS(0x6969, "NFS", "another machine decides there whether a sync reaches the disk, and locks may be lost"),
    CIFS(0xFF534D42L, "CIFS", "another machine decides there whether a sync reaches the disk, and locks may be lost"),
    SMB2(0xFE534D42L, "SMB", "another machine decides there whether a sync reaches the disk, and locks may be lost"),
    CEPH(0x00C36400, "Ceph", "other machines decide there whether a sync reaches the disk, and locks may be lost");

    private final long magic;
    private final String label;
    private final String objection;

    FileSystemType(long magic, String label, String objection) {
        this.magic = magic;
        this.label = label;
        this.objection = objection;
    }

    /** What operators call the type with this magic number. */
    static String label(long magic) {
        FileSystemType type = of(magic);
        return type == null ? "a file system of type 0x" + Long.toHexString(magic) : type.label;
    }

    /** Why no log may lie on the type with this magic number; null if nothing is known against it. */
    static String objection(long magic) {
        FileSystemType type = of(magic);
        return type == null ? null : type.objection;
    }

    /** Where the type with this magic number keeps its bytes. */
    static String kind(long magic) {
        return switch (of(magic)) {
            case TMPFS, RAMFS, HUGETLBFS -> "memory";
            case V9FS, NFS, CIFS, SMB2, CEPH -> "network";
            case FUSE -> "user space";
            case EXT4, XFS, F2FS, OVERLAY, BTRFS, ZFS -> "disk";
            case null -> "unknown";
        };
    }

    private static FileSystemType of(long magic) {
        for (FileSystemType type : values()) {
            if (type.magic == magic) {
                return type;
            }
        }
        return null;
    }
}

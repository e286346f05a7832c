package dev.varve.wal.checklist;

import dev.varve.engine.checklist.LoopDisk;
import java.io.IOException;
import java.nio.file.Path;

/** What lies on a loop disk at a moment, to be mounted again on another one after the first was broken. */
record SavedDisk(Path copy, long length) {
    /** Copies a disk's image after all of it was synced. */
    static SavedDisk of(LoopDisk disk, Path folder, long length) throws IOException {
        Path copy = folder.resolve("saved-" + disk.image().getFileName());
        LoopDisk.run("sync", "--file-system", disk.mountPoint().toString());
        LoopDisk.run("sync", disk.image().toString());
        LoopDisk.run("cp", "--sparse=always", disk.image().toString(), copy.toString());
        return new SavedDisk(copy, length);
    }

    /** A new disk with that content. */
    LoopDisk mount(Path folder) throws IOException {
        return LoopDisk.formatted(folder, length, 512, "sh", "-c", "dd if=" + copy + " of=\"$0\" bs=1M conv=sparse,notrunc 2>&1");
    }

    /** Takes away what lies behind the first megabyte, as if the device had lost it: whatever goes there fails with EIO. */
    static void shrink(LoopDisk disk) throws IOException {
        LoopDisk.run("truncate", "--size", "1M", disk.image().toString());
        LoopDisk.run("losetup", "--set-capacity", disk.device());
    }
}

package dev.varve.recovery;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.Defect;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.segment.UnsupportedVersionException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads the two slots of the manifest and believes the valid one of the highest generation. Owned by one thread. */
final class ManifestReader {
    private final LogFiles files;
    private final BlockStream stream;
    private final List<String> warnings;

    ManifestReader(LogFiles files, BlockStream stream, List<String> warnings) {
        this.files = files;
        this.stream = stream;
        this.warnings = warnings;
    }

    /**
     * Reads the manifest.
     *
     * @return the newest valid slot
     * @throws UnsoundLogException         if there is none, or a slot cannot be read
     * @throws UnsupportedVersionException if a slot was written by a newer version
     */
    Manifest read() {
        IoFile file = files.open(SegmentName.MANIFEST, Access.READ);
        if (file == null && files.isUnfinishedSalvage()) {
            throw new UnsoundLogException(Verdict.BAD_MANIFEST, 0, "a salvage into " + files.directory().path()
                + " was cut short, so it holds no whole log; begin it anew: varve salvage DIR " + files.directory().path());
        }
        if (file == null) {
            checkReadable();
            throw new UnsoundLogException(Verdict.BAD_MANIFEST, 0, files.directory().path()
                + " holds segments but no MANIFEST; put back the MANIFEST that belongs to them, no other one will do");
        }
        try (file) {
            return read(file);
        }
    }

    /** A creation that was cut short is not told from a manifest that was lost while its only segment cannot be read. */
    private void checkReadable() {
        if (files.segments().size() != 1) {
            return;
        }
        long number = files.segments().first();
        IoFile segment = files.open(number, Access.READ);
        if (segment == null) {
            return;
        }
        try (segment) {
            if (new StrayBatchScan(stream).run(segment, number, null) == StrayBatchScan.Result.NOTHING_READABLE) {
                throw new UnsoundLogException(Verdict.UNREADABLE, number, files.directory().path() + " holds no MANIFEST, and "
                    + segment.path() + " cannot be read (" + stream.failure().getMessage() + "); try again, then see to the device");
            }
        }
    }

    private Manifest read(IoFile file) {
        stream.open(file, 0, ManifestDescriptor.FILE_LENGTH);
        Manifest newest = null;
        Map<Long, Defect> damage = new TreeMap<>();
        for (long offset = 0; offset < ManifestDescriptor.FILE_LENGTH; offset += ManifestDescriptor.SLOT_DISTANCE) {
            Defect defect = judge(file, offset);
            if (defect == Defect.NONE) {
                Manifest slot = ManifestDescriptor.decode(stream.memory(), stream.at(offset));
                newest = newest == null || slot.generation() > newest.generation() ? slot : newest;
            } else {
                damage.put(offset, defect);
            }
        }
        for (Map.Entry<Long, Defect> slot : damage.entrySet()) {
            warnings.add("the slot of " + file.path() + " at offset " + slot.getKey() + ": " + slot.getValue().text()
                + (newest == null ? "" : hint(slot.getValue())));
        }
        if (newest == null) {
            throw new UnsoundLogException(Verdict.BAD_MANIFEST, 0, "no slot of " + file.path() + " is valid ("
                + damage.values().iterator().next().text()
                + "); put back the MANIFEST that belongs to these segments, no other one will do");
        }
        return newest;
    }

    /** One slot is written at a time, so a crash tears one; and it never makes a file shorter. */
    private static String hint(Defect defect) {
        return defect == Defect.TRUNCATED ? "; the file has lost its end, the next write of the manifest replaces it"
            : "; normal after a crash, the next write of the manifest replaces it";
    }

    private Defect judge(IoFile file, long offset) {
        if (!stream.load(offset)) {
            return Defect.TRUNCATED;
        }
        Defect defect = stream.defect(offset, file.blockSize());
        if (defect == Defect.READ_ERROR) {
            throw new UnsoundLogException(Verdict.UNREADABLE, 0, "the slot of " + file.path() + " at offset " + offset
                + " cannot be read (" + stream.failure().getMessage() + "); try again, then see to the device");
        }
        if (defect == Defect.NONE) {
            defect = ManifestDescriptor.check(stream.memory(), stream.at(offset));
        }
        if (defect == Defect.VERSION) {
            throw new UnsupportedVersionException("the manifest " + file.path());
        }
        return defect;
    }
}

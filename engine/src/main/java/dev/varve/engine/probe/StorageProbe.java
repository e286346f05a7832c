package dev.varve.engine.probe;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Asynchrony;
import dev.varve.engine.io.Disk;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.linux.BlockDevice;
import dev.varve.engine.linux.StorageFacts;
import dev.varve.engine.probe.StorageReport.Aio;
import java.nio.file.Path;
import java.util.List;

/**
 * Probes the storage under a directory. Has no state; runs on the calling thread, in well under a second on most disks, and leaves nothing
 * behind.
 */
public final class StorageProbe {
    /** Requests that one log reserves, and its reader. */
    private static final int REQUESTS = 128;

    private StorageProbe() {
    }

    /**
     * Probes.
     *
     * @param directory an existing directory that may be written to
     * @return what was found
     * @throws dev.varve.engine.io.IoFailureException if it does not exist or nothing can be written there
     */
    public static StorageReport run(Path directory) {
        Found found = look(directory);
        if (found.facts() != null) {
            try {
                return found.tried(new KernelDisk());
            } catch (StorageContractException e) {
                found = found.refused(e.getMessage());
            }
        }
        return found.tried(ChannelDisk.at(directory));
    }

    /**
     * What is known without trying: nothing is written, nothing timed.
     *
     * @param directory  an existing directory
     * @param contract   how a log is written there
     * @param asynchrony what the log has seen of kernel AIO there
     * @return a report without costs
     * @throws dev.varve.engine.io.IoFailureException if it does not exist
     */
    public static StorageReport describe(Path directory, StorageContract contract, Asynchrony asynchrony) {
        return look(directory).report(contract, asynchrony, List.of());
    }

    private static Found look(Path directory) {
        StorageFacts facts = null;
        String refusal = "";
        try {
            facts = StorageFacts.of(directory);
            if (!facts.objection().isEmpty()) {
                refusal = facts.fileSystem() + ": " + facts.objection();
            } else if (facts.direct().largest() == 0) {
                refusal = facts.fileSystem() + " does not offer direct I/O there (statx reports no alignment)";
            }
        } catch (StorageContractException e) {
            refusal = e.getMessage();
        }
        BlockDevice device = facts == null ? BlockDevice.UNKNOWN : BlockDevice.of(facts);
        return new Found(directory, refusal, facts, device, AioLimits.current());
    }

    /** What is known before anything is tried. */
    private record Found(Path directory, String refusal, StorageFacts facts, BlockDevice device, AioLimits limits) {
        /** The same, with a reason why kernel AIO cannot be used, if there was none. */
        Found refused(String reason) {
            return new Found(directory, refusal.isEmpty() ? reason : refusal, facts, device, limits);
        }

        StorageReport report(StorageContract contract, Asynchrony asynchrony, List<StorageReport.Cost> costs) {
            return new StorageReport(directory.toString(), contract, refusal, facts, device,
                new Aio(asynchrony, limits, limits.remedy(REQUESTS)), costs);
        }

        StorageReport tried(Disk disk) {
            try (Trial trial = Trial.begin(disk, directory)) {
                Asynchrony asynchrony = disk instanceof KernelDisk ? trial.asynchrony() : Asynchrony.UNKNOWN;
                StorageContract contract = refusal.isEmpty() ? StorageContract.DIRECT_AIO : ChannelDisk.at(directory).contract();
                return report(contract, asynchrony, trial.costs());
            }
        }
    }
}

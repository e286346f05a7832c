package dev.varve.wal;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.probe.StorageProbe;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Finds the storage that a policy asks for, by trying it.
 *
 * @param environment the world with that storage
 * @param policy      what was asked for; null if the storage was given
 * @param refusal     why it is not what was wanted first; empty if it is
 */
record StorageChoice(Environment environment, StoragePolicy policy, String refusal) {
    private static final System.Logger LOG = System.getLogger(StorageChoice.class.getName());

    /**
     * Chooses.
     *
     * @param directory where the log lies or will lie
     * @param policy    what storage it is content with
     * @return the choice; whether it really keeps what is asked, opening the log decides
     */
    static StorageChoice of(Path directory, StoragePolicy policy) {
        return switch (policy) {
            case REQUIRE_DIRECT -> new StorageChoice(Environment.machine(), policy, "");
            case PREFER_DIRECT -> preferred(directory);
            case PORTABLE -> new StorageChoice(Environment.portable(directory), policy, "");
        };
    }

    /** No choice: the caller has brought the storage. */
    static StorageChoice given(Environment environment) {
        return new StorageChoice(environment, null, "");
    }

    private static StorageChoice preferred(Path directory) {
        try {
            KernelDisk disk = new KernelDisk();
            disk.openEngine(LogParts.DEPTH).close();
            disk.openDirectory(directory, true).close();
            return new StorageChoice(Environment.machine(), StoragePolicy.PREFER_DIRECT, "");
        } catch (StorageContractException e) {
            ChannelDisk disk = ChannelDisk.at(directory);
            LOG.log(Level.WARNING, () -> "the log in " + directory + " is written by " + disk.contract() + ", since kernel AIO with direct"
                + " I/O is not possible: " + e.getMessage());
            return new StorageChoice(Environment.portable(disk), StoragePolicy.PREFER_DIRECT, e.getMessage());
        }
    }

    /**
     * What an open log says of its storage.
     *
     * @param directory where it lies
     * @param contract  what carries its bytes
     * @return the status
     */
    LogStorage status(Path directory, StorageContract contract) {
        return new LogStorage(contract, summary(directory, contract), refusal);
    }

    private String summary(Path directory, StorageContract contract) {
        try {
            // A portable log makes no native call, not even to describe itself.
            return policy == null ? contract.toString()
                : policy == StoragePolicy.PORTABLE ? contract + " on " + Files.getFileStore(directory).type()
                : StorageProbe.describe(directory, contract).summary();
        } catch (IOException | IoFailureException e) {
            LOG.log(Level.DEBUG, () -> "the storage of " + directory + " cannot be described", e);
            return contract.toString();
        }
    }

    /**
     * What to throw when the log cannot be opened on this storage.
     *
     * @param refused what opening threw
     * @return the same, naming the option that asks for less if there is one
     */
    StorageContractException explain(StorageContractException refused) {
        if (policy != StoragePolicy.REQUIRE_DIRECT) {
            return refused;
        }
        StorageContractException explained = new StorageContractException(refused.getMessage() + "; or be content with other storage:"
            + " LogConfig.withStorage(StoragePolicy.PREFER_DIRECT or PORTABLE), varve append --storage prefer or portable",
            refused.errno());
        explained.initCause(refused);
        return explained;
    }
}

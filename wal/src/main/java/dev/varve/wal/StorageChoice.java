package dev.varve.wal;

import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Asynchrony;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.probe.StorageProbe;
import dev.varve.engine.segment.SegmentHeader;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The storage that a policy asks for first, and what it is content with when that is refused.
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
     * @return the choice; whether it keeps what is asked, opening the log decides
     */
    static StorageChoice of(Path directory, StoragePolicy policy) {
        return switch (policy) {
            case REQUIRE_DIRECT, PREFER_DIRECT -> new StorageChoice(Environment.machine(), policy, "");
            case PORTABLE -> new StorageChoice(Environment.portable(directory), policy, "");
        };
    }

    /** No choice: the caller has brought the storage. */
    static StorageChoice given(Environment environment) {
        return new StorageChoice(environment, null, "");
    }

    /**
     * What to do when the log cannot be opened on this storage. Kernel AIO is refused before anything is created, so that channels find the
     * directory as it was.
     *
     * @param directory where the log lies or will lie
     * @param refused   what opening threw
     * @return channels, if the policy is content with them
     * @throws StorageContractException the refusal, naming the option that asks for less if there is one
     */
    StorageChoice instead(Path directory, StorageContractException refused) {
        if (policy != StoragePolicy.PREFER_DIRECT || !refusal.isEmpty()) {
            throw explained(refused);
        }
        ChannelDisk disk = ChannelDisk.at(directory);
        LOG.log(Level.WARNING, () -> "the log in " + directory + " is written by " + disk.contract() + ", since kernel AIO with direct"
            + " I/O is not possible: " + refused.getMessage());
        return new StorageChoice(Environment.portable(disk), policy, refused.getMessage());
    }

    private StorageContractException explained(StorageContractException refused) {
        if (policy != StoragePolicy.REQUIRE_DIRECT) {
            return refused;
        }
        StorageContractException explained = new StorageContractException(refused.obstacle(), refused.getMessage()
            + "; or be content with other storage: LogConfig.withStorage(StoragePolicy.PREFER_DIRECT or PORTABLE),"
            + " varve append --storage prefer or portable", refused.errno());
        explained.initCause(refused);
        return explained;
    }

    /**
     * What an open log says of its storage.
     *
     * @param directory where it lies
     * @param origin    what the header of its last segment says
     * @return the status
     */
    LogStorage status(Path directory, SegmentHeader.Origin origin) {
        Asynchrony asynchrony = origin.storage().asynchrony();
        return new LogStorage(origin.contract(), asynchrony, summary(directory, origin.contract(), asynchrony), refusal);
    }

    private String summary(Path directory, StorageContract contract, Asynchrony asynchrony) {
        try {
            // A portable log makes no native call, not even to describe itself.
            return policy == null ? contract.toString()
                : policy == StoragePolicy.PORTABLE ? contract + " on " + Files.getFileStore(directory).type()
                : StorageProbe.describe(directory, contract, asynchrony).summary();
        } catch (IOException | IoFailureException e) {
            LOG.log(Level.DEBUG, () -> "the storage of " + directory + " cannot be described", e);
            return contract.toString();
        }
    }
}

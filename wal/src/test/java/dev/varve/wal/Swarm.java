package dev.varve.wal;

import dev.varve.recovery.RecoveryOptions.VerifyAtOpen;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * What one seed draws from: of everything that a program can do and a disk can do to it, about half. What is rare when everything happens
 * at once gets its turn when the rest is left out.
 *
 * @param moves      what the program does, the frequent moves several times
 * @param troubles   what happens to it
 * @param operations how much is done in all
 * @param crashes    how often it is cut down, beside crashes while it is opened
 * @param isVaried   whether each opening may ask for another configuration
 */
record Swarm(List<Move> moves, Set<Trouble> troubles, int operations, int crashes, boolean isVaried) {
    /** What a program does. */
    enum Move {
        APPEND(6), APPEND_LARGE(1), TOGETHER(2), BURST(2), CLAIM(2), ABANDON_CLAIM(1),
        FEW_TURNS(2), MANY_TURNS(1), IDLE(1), DRAIN(1), REOPEN(1), READ(1), FOLLOW(1), TRUNCATE(1), FILL_DISK(1);

        private final int weight;

        Move(int weight) {
            this.weight = weight;
        }

        /** Whether it counts as an operation; letting time pass does not. */
        boolean isOperation() {
            return this != FEW_TURNS && this != MANY_TURNS && this != IDLE;
        }
    }

    /** What happens to a program. */
    enum Trouble {
        /** The process is killed instead of the power cut, at times. */
        KILL,
        /** The power goes, or the process dies, while the log is opened. */
        CRASH_IN_RECOVERY,
        /** Another disk like this one is recovered twice, or in several attempts, and worked with: O7 and O8. */
        TWIN,
        /** A write of the log fails. */
        WRITE_FAILS,
        /** A sync of the log fails. */
        SYNC_FAILS,
        /** A write or a sync of the manifest fails. */
        MANIFEST_FAILS,
        /** A call on the directory fails. */
        NAMES_FAIL,
        /** A read fails once. */
        READ_FAILS,
        /** What lies on a disk like this one is damaged: O5 and O6. */
        ROT,
        /** The disk confirms what it has not done: O5 and O6. The story ends there. */
        LIE
    }

    private static final int SEGMENT_LENGTH = 65536;
    private static final int OPERATIONS_MIN = 20;
    private static final int OPERATIONS_MAX = 500;

    static Swarm of(SplittableRandom random) {
        List<Move> moves = new ArrayList<>();
        for (Move move : Move.values()) {
            if (move == Move.APPEND || random.nextBoolean()) {
                moves.addAll(Collections.nCopies(move.weight, move));
            }
        }
        Set<Trouble> troubles = EnumSet.noneOf(Trouble.class);
        for (Trouble trouble : Trouble.values()) {
            if (random.nextBoolean()) {
                troubles.add(trouble);
            }
        }
        int most = switch (random.nextInt(8)) {
            case 0 -> OPERATIONS_MAX;
            case 1, 2 -> OPERATIONS_MAX / 4;
            default -> OPERATIONS_MAX / 10;
        };
        return new Swarm(moves, troubles, random.nextInt(OPERATIONS_MIN, most + 1), random.nextInt(1, 6), random.nextInt(4) == 0);
    }

    boolean has(Trouble trouble) {
        return troubles.contains(trouble);
    }

    /** Some configuration: small, so that segments fill and batches are many. */
    static LogConfig config(SplittableRandom random) {
        int segment = SEGMENT_LENGTH << random.nextInt(3);
        int record = random.nextInt(16) == 0 ? segment - 24_000 : random.nextInt(100, Math.min(50_000, segment - 24_000));
        LogConfig small = LogConfig.defaults().withSegmentAndRecordLength(segment, record);
        int batch = 4096 << random.nextInt(4);
        VerifyAtOpen verify = random.nextBoolean() ? VerifyAtOpen.LAST : VerifyAtOpen.ALL;
        int unsynced = random.nextInt(8) == 0 ? 1 + random.nextInt(16) : 1 + random.nextInt(4);
        return small.withLimits(new LogConfig.Limits(record, 1 << 20, unsynced))
            .withCommit(new LogConfig.Commit(batch, random.nextInt(3) * 1_000_000L, 50_000_000, 10_000_000_000L))
            .withOpening(new LogConfig.Opening(verify, 0));
    }
}

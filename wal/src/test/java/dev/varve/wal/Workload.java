package dev.varve.wal;

import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.NoSpaceException;
import dev.varve.engine.simulation.PowerCutException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What a program does with an open log, one move after another, the oracle watching. Owned by one thread. */
final class Workload {
    private static final List<AckLevel> LEVELS = List.of(AckLevel.values());
    private static final int SMALL = 400;
    static final long RESUMED_NS_MAX = 2_000_000_000L;

    private final World world;
    private final SplittableRandom random;
    private final Oracle oracle;
    private final LogModel model;
    private LogConfig config;
    private SimulatedLog log;
    private Cursor follower;
    private long followedLsn;
    private long followedGivenUp;
    private Claim held;
    private byte[] heldPayload;
    private boolean isFull;
    private long roomSinceNs;
    private boolean isFaulty;

    Workload(World world) {
        this.world = world;
        this.random = world.random();
        this.oracle = world.oracle();
        this.model = oracle.model();
    }

    /** Goes on with a log just opened. */
    void begin(SimulatedLog newLog, LogConfig newConfig) {
        log = newLog;
        config = newConfig;
    }

    /** Whether I/O may fail from now on by other causes than a power cut. */
    void faulty(boolean newFaulty) {
        isFaulty = newFaulty;
    }

    /** Lets go of what the program holds of the log: a reader, a claim. */
    void leave() {
        endFollowing();
        if (held != null) {
            held.close();
            held = null;
        }
    }

    /** The program is dead. */
    void cut() {
        follower = null;
        held = null;
        log = null;
    }

    /** Makes sure that there is room on the disk. */
    void emptyDisk() {
        isFull = false;
        roomSinceNs = world.disk().nowNs();
        world.disk().capacity(Long.MAX_VALUE);
    }

    void move(Swarm.Move move) {
        switch (move) {
            case APPEND -> append(payload(Math.min(recordMax(), SMALL)));
            case APPEND_LARGE -> append(payload(recordMax()));
            case TOGETHER -> appendTogether();
            case BURST -> burst();
            case CLAIM -> claim();
            case ABANDON_CLAIM -> abandonClaim();
            case FEW_TURNS -> turns(random.nextInt(1, 6));
            case MANY_TURNS -> turns(random.nextInt(1, 40));
            case IDLE -> log.idle(random.nextLong(1, 80_000_000));
            case DRAIN -> drain();
            case READ -> read();
            case FOLLOW -> follow();
            case TRUNCATE -> truncate();
            case FILL_DISK -> fillDisk();
            case REOPEN -> throw new IllegalArgumentException("done by who opens");
        }
        oracle.working(log);
    }

    private int recordMax() {
        return config.limits().recordLength();
    }

    /** Of any length up to a limit, the limit itself and nothing at all among them. */
    private byte[] payload(int limit) {
        int length = switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1 -> limit;
            default -> random.nextInt(limit + 1);
        };
        byte[] payload = new byte[length];
        random.nextBytes(payload);
        return payload;
    }

    void turns(int count) {
        for (int i = 0; i < count && !world.disk().isStopped(); i++) {
            log.turn();
        }
    }

    private void drain() {
        log.drain();
        world.story().tell("drained to", log.parts().position().durableLsn());
    }

    private void append(byte[] payload) {
        AckLevel level = LEVELS.get(random.nextInt(LEVELS.size()));
        Tickets.Ticket ticket = oracle.tickets().ticket(level, new int[1], random.nextBoolean());
        long lsn = log.offerFor(payload, ticket);
        world.story().tell("append", payload.length, level, "at", lsn);
        taken(lsn, ticket, List.of(payload), new int[1]);
    }

    private void taken(long lsn, Tickets.Ticket ticket, List<byte[]> payloads, int[] offsets) {
        if (lsn < 0) {
            refused(lsn);
            return;
        }
        if (ticket != null) {
            ticket.accepted(lsn);
        }
        model.accepted(lsn, payloads, offsets);
        world.met(payloads.getFirst().length > config.commit().batchLength(), "record that travels alone");
        world.met(payloads.getFirst().length == 0, "empty record");
    }

    private void refused(long code) {
        world.met(code == WriteAheadLog.FULL ? "refused for lack of space" : "pushed back");
        boolean isFullSoon = isFull || isFaulty || world.disk().nowNs() - roomSinceNs < RESUMED_NS_MAX;
        Check.that(code != WriteAheadLog.FULL || isFullSoon, "O10: refused for lack of space that is there: %s",
            log.parts().full());
        turns(10);
    }

    /** Several small batches in a row, so that they are in flight together. */
    void burst() {
        for (int i = random.nextInt(2, 6); i > 0 && !world.disk().isStopped(); i--) {
            append(payload(Math.min(recordMax(), SMALL / 2)));
            turns(1);
        }
    }

    private void appendTogether() {
        RecordBatch batch = new RecordBatch();
        List<byte[]> payloads = new ArrayList<>();
        for (int i = random.nextInt(2, 6); i > 0; i--) {
            byte[] payload = payload(Math.max(0, recordMax() / 6 - 24));
            payloads.add(payload);
            batch.add(payload);
        }
        int[] offsets = new int[payloads.size()];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = batch.records().offset(i);
        }
        if (batch.bytes() > recordMax()) {
            return;
        }
        Tickets.Ticket ticket = oracle.tickets().ticket(AckLevel.DURABLE, offsets, random.nextBoolean());
        long lsn = log.offerFor(batch, ticket);
        world.story().tell("append", offsets.length, "together at", lsn);
        taken(lsn, ticket, payloads, offsets);
        world.met(lsn >= 0, "records that stay together");
    }

    /** Fills memory that the log lends; commits it now or at the next such move. */
    private void claim() {
        if (held == null) {
            heldPayload = payload(random.nextInt(4) == 0 ? recordMax() : Math.min(recordMax(), SMALL));
            held = log.intake().claim(new AppendOptions(7, AckLevel.BUFFERED), heldPayload.length);
            held.payload().copyFrom(MemorySegment.ofArray(heldPayload));
            if (random.nextBoolean()) {
                return;
            }
        }
        long lsn = commit();
        world.story().tell("commit", heldPayload.length, "at", lsn);
        taken(lsn, null, List.of(heldPayload), new int[1]);
        world.met(lsn >= 0, "claim committed");
        world.met(lsn >= 0 && heldPayload.length >= Claim.IN_PLACE_LENGTH, "claim written in place");
        if (lsn >= 0) {
            held = null;
        }
    }

    /** Commits the claim without waiting for room, as interrupted threads do. */
    private long commit() {
        Thread.currentThread().interrupt();
        try {
            return held.commit();
        } catch (AppendInterruptedException e) {
            return WriteAheadLog.BACK_PRESSURED;
        } catch (NoSpaceException e) {
            return WriteAheadLog.FULL;
        } finally {
            Thread.interrupted();
        }
    }

    private void abandonClaim() {
        try (Claim claim = log.intake().claim(new AppendOptions(7, AckLevel.BUFFERED), random.nextInt(SMALL))) {
            claim.payload().fill((byte) 1);
            world.met("claim given up");
        }
    }

    /** Reads from anywhere, whatever is in flight meanwhile: what is durable, as the log says, and nothing else. */
    private void read() {
        long fromLsn = random.nextBoolean() ? model.anyLsn(random) : random.nextLong(log.parts().placement().tailLsn() + 100);
        long durableLsn = log.parts().position().durableLsn();
        world.met(log.parts().commit().unsynced() > 0, "read while batches are un-synced");
        world.story().tell("read from", fromLsn, "to", durableLsn);
        oracle.truncations().note(log);
        try (Cursor cursor = log.read(fromLsn)) {
            if (oracle.truncations().isOvertaken(log, cursor, fromLsn)) {
                return;
            }
            world.met(model.checkRead(cursor, fromLsn, durableLsn) > 0, "read from somewhere");
        } catch (PowerCutException e) {
            world.met("crash while reading");
        } catch (IoFailureException e) {
            failedRead(e);
        }
    }

    /** Asks for the beginning to be given up, and goes on before or after it is. */
    private void truncate() {
        long lsn = random.nextInt(3) == 0 ? model.anyLsn(random) : log.parts().placement().tailLsn();
        world.story().tell("truncate before", lsn);
        oracle.truncations().ask(log, lsn);
        turns(random.nextInt(1, 30));
        oracle.truncations().note(log);
    }

    private void endFollowing() {
        if (follower != null) {
            follower.close();
            follower = null;
        }
    }

    /** Goes on with a reader that stays: what has become durable since the last time, unless what it was at is given up. */
    private void follow() {
        oracle.truncations().note(log);
        if (model.givenUp() != followedGivenUp) {
            followedGivenUp = model.givenUp();
            endFollowing();
        }
        long durableLsn = log.parts().position().durableLsn();
        world.story().tell("follow from", followedLsn, "to", durableLsn);
        try {
            if (follower == null) {
                followedLsn = random.nextBoolean() ? 0 : model.anyLsn(random);
                follower = log.read(followedLsn);
            }
            world.met(model.checkRead(follower, followedLsn, durableLsn) > 0, "reader that stays sees more");
            followedLsn = Math.max(followedLsn, durableLsn);
        } catch (PowerCutException e) {
            world.met("crash while reading");
        } catch (IoFailureException e) {
            failedRead(e);
            endFollowing();
        }
    }

    private void failedRead(IoFailureException e) {
        if (!isFaulty) {
            throw new AssertionError("O4: a reader fails and no fault was ordered: " + e.getMessage(), e);
        }
        world.met("reader failed by an I/O error");
    }

    /** The disk becomes full, or there is room again. */
    private void fillDisk() {
        isFull = !isFull;
        roomSinceNs = world.disk().nowNs();
        world.disk().capacity(isFull ? 0 : Long.MAX_VALUE);
        world.story().tell(isFull ? "disk full" : "disk has room");
        world.met(isFull ? "disk full" : "disk has room again");
        if (!isFull && log.parts().full() != null) {
            long startNs = world.disk().nowNs();
            log.turnUntil(() -> log.parts().full() == null);
            long tookNs = world.disk().nowNs() - startNs;
            Check.that(tookNs <= RESUMED_NS_MAX, "O9: the log took %d ns to notice that there is room", tookNs);
            world.met("resumed since there is room again");
        }
    }
}

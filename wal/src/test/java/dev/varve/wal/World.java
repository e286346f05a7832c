package dev.varve.wal;

import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.Damage;
import dev.varve.engine.simulation.SimulatedDisk;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/** Everything that one seed's story takes place in. Owned by one thread. */
final class World {
    private final long seed;
    private final Situations situations;
    private final SplittableRandom random;
    private final SimulatedDisk disk;
    private final BatchLedger ledger;
    private final Oracle oracle;
    private final Swarm swarm;
    private final Story story = new Story();
    private final Map<String, byte[]> remembered = new HashMap<>();
    private long trace;
    private int opens;

    World(long seed, Situations situations) {
        this.seed = seed;
        this.situations = situations;
        this.random = new SplittableRandom(seed);
        this.disk = new SimulatedDisk(seed);
        this.ledger = new BatchLedger(disk);
        this.oracle = new Oracle(disk, situations);
        this.swarm = Swarm.of(random);
    }

    SplittableRandom random() {
        return random;
    }

    SimulatedDisk disk() {
        return disk;
    }

    BatchLedger ledger() {
        return ledger;
    }

    Oracle oracle() {
        return oracle;
    }

    Swarm swarm() {
        return swarm;
    }

    Story story() {
        return story;
    }

    void met(String situation) {
        situations.add(situation, 1);
    }

    void met(boolean isMet, String situation) {
        situations.add(isMet, situation);
    }

    boolean oneIn(int count) {
        return random.nextInt(count) == 0;
    }

    /** Remembers what the segments hold now, so that it can turn up again later. */
    void remember() {
        Damage damage = disk.damage(SimulatedLog.DIRECTORY);
        damage.names().stream().filter(name -> SegmentName.segmentIn(name) > 0).forEach(name -> remembered.put(name, damage.bytes(name)));
    }

    /** What lay at a place when it was remembered; zeros if it was not. */
    byte[] earlier(String name, long offset, int length) {
        byte[] bytes = remembered.getOrDefault(name, new byte[0]);
        return Arrays.copyOfRange(bytes, (int) Math.min(offset, bytes.length), (int) Math.min(offset, bytes.length) + length);
    }

    /** Opens the log of this disk. */
    SimulatedLog open(LogConfig config) {
        Environment plain = SimulatedLog.environment(disk, oracle.memory(), seed + ++opens);
        return SimulatedLog.open(disk, config, new Environment(ledger, plain.memory(), plain.random(), plain.nanos(), plain.millis()));
    }

    /** Opens the log of another disk. */
    SimulatedLog open(SimulatedDisk other, LogConfig config) {
        return SimulatedLog.open(other, config, SimulatedLog.environment(other, new CountedMemory(), seed + ++opens));
    }

    /** A disk that was made from this one is done with. */
    void done(SimulatedDisk other) {
        trace = Long.rotateLeft(trace, 7) ^ other.traceHash();
        other.situations().forEach(situations::add);
    }

    /** The story is over. */
    void done() {
        disk.situations().forEach(situations::add);
    }

    /** All that happened, in one number. */
    long traceHash() {
        return Long.rotateLeft(trace, 7) ^ disk.traceHash();
    }
}

package dev.varve.engine.simulation;

import dev.varve.engine.simulation.Fault.Effect;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Faults on order: which operations of a simulated disk go wrong, and how.
 *
 * <p>Without a script a disk never fails; it only forgets what was not durable. Any thread may call. Where several scripted faults meet
 * in one operation, the first scripted happens.
 */
public final class FaultScript {
    private final List<Rule> rules = new ArrayList<>();
    private final Map<Operation, Long> calls = new EnumMap<>(Operation.class);
    private int releases;

    private static final class Rule {
        private final Occasion occasion;
        private final PathMatcher matcher;
        private final Fault fault;
        private long seen;

        Rule(Occasion occasion, Fault fault) {
            this.occasion = occasion;
            this.matcher = FileSystems.getDefault().getPathMatcher("glob:" + occasion.name());
            this.fault = fault;
        }

        boolean happens(Operation operation, Path name) {
            if (operation != occasion.operation() || !matcher.matches(name)) {
                return false;
            }
            seen++;
            return seen == occasion.nth() || (occasion.andLater() && seen > occasion.nth());
        }
    }

    FaultScript() {
        // Nothing goes wrong until something is scripted.
    }

    /**
     * The operation fails. Of a failed write any sectors may be in the cache; what a failed sync should have covered is not made durable by
     * any later sync, although that returns 0, unless it was read in between and found to be there.
     *
     * @param occasion when
     * @param errno    the positive errno
     * @return this
     */
    public FaultScript fail(Occasion occasion, int errno) {
        if (errno <= 0) {
            throw new IllegalArgumentException("errno must be positive: " + errno);
        }
        return add(occasion, new Fault(Effect.FAIL, errno));
    }

    /**
     * The device lies: a write is acknowledged and dropped, a sync is acknowledged and not done.
     *
     * @param occasion a WRITE, DATA_SYNC, SYNC or DIRECTORY_SYNC
     * @return this
     */
    public FaultScript lose(Occasion occasion) {
        return add(occasion, new Fault(Effect.LOSE, 0));
    }

    /**
     * A transfer goes to, or comes from, another place of the same file.
     *
     * @param occasion      a READ or WRITE
     * @param distanceBytes how far from the right place, a multiple of 512
     * @return this
     */
    public FaultScript misdirect(Occasion occasion, long distanceBytes) {
        return add(occasion, new Fault(Effect.MISDIRECT, distanceBytes));
    }

    /**
     * A read returns what its sectors held before they were last written: the content one write ago, or of an earlier life of the place.
     *
     * @param occasion a READ
     * @return this
     */
    public FaultScript stale(Occasion occasion) {
        return add(occasion, new Fault(Effect.STALE, 0));
    }

    /**
     * A bit turns over on the way: of a write for good, of a read only for this reader.
     *
     * @param occasion a READ or WRITE
     * @param bit      which bit of the transfer, from 0; of one that is shorter none
     * @return this
     */
    public FaultScript flipBit(Occasion occasion, long bit) {
        return add(occasion, new Fault(Effect.FLIP, bit));
    }

    /**
     * An operation takes longer on the virtual clock. A request that is late lets others overtake it; a call, be it a submission or one on
     * a directory, keeps its caller that long.
     *
     * @param occasion any operation
     * @param ns       how much longer, from 0
     * @return this
     */
    public FaultScript delay(Occasion occasion, long ns) {
        return add(occasion, new Fault(Effect.DELAY, ns));
    }

    /**
     * A transfer is done only in part.
     *
     * @param occasion a READ or WRITE
     * @param bytes    how many bytes are transferred at most, from 0
     * @return this
     */
    public FaultScript shorten(Occasion occasion, long bytes) {
        return add(occasion, new Fault(Effect.SHORTEN, bytes));
    }

    /**
     * A request is taken and does not complete until {@link #release()}.
     *
     * @param occasion a READ, WRITE, DATA_SYNC or SYNC
     * @return this
     */
    public FaultScript hang(Occasion occasion) {
        return add(occasion, new Fault(Effect.HANG, 0));
    }

    private synchronized FaultScript add(Occasion occasion, Fault fault) {
        rules.add(new Rule(occasion, fault));
        return this;
    }

    /** Lets every request go on that hangs now. */
    public synchronized void release() {
        releases++;
    }

    /** Takes back everything scripted; what hangs goes on hanging. */
    public synchronized void clear() {
        rules.clear();
    }

    synchronized int releases() {
        return releases;
    }

    /**
     * How often an operation was asked for.
     *
     * @param operation which
     * @return the count since the disk was made, scripted or not
     */
    public synchronized long calls(Operation operation) {
        return calls.getOrDefault(operation, 0L);
    }

    synchronized Fault next(Operation operation, String name) {
        calls.merge(operation, 1L, Long::sum);
        if (rules.isEmpty()) {
            return Fault.NONE;
        }
        Fault fault = Fault.NONE;
        Path path = Path.of(name);
        for (Rule rule : rules) {
            if (rule.happens(operation, path) && fault.is(Effect.NONE)) {
                fault = rule.fault;
            }
        }
        return fault;
    }
}

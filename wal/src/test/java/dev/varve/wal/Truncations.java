package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.segment.Predecessor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeader.Preparation;
import dev.varve.recovery.OvertakenException;
import java.util.concurrent.CompletableFuture;

/** What a story's truncations may have done to its log: told to the model, and compared with what was asked for. */
final class Truncations {
    private final LogModel model;
    private final Situations situations;
    private long askedLsn;
    private SegmentHeader head;
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

    Truncations(LogModel model, Situations situations) {
        this.model = model;
        this.situations = situations;
    }

    void ask(SimulatedLog log, long lsn) {
        askedLsn = Math.max(askedLsn, lsn);
        last = log.parts().truncation().ask(lsn);
    }

    /** A log was opened: it begins where it did, or where it was to begin. */
    void opened(SimulatedLog log) {
        note(log);
    }

    /** Whoever looks now sees where the log begins; from then on it must stay so. */
    void note(SimulatedLog log) {
        SegmentHeader lowest = log.parts().segments().lowest();
        assertThat(lowest.predecessor().endLsn()).as("nothing is given up that was not said to be").isLessThanOrEqualTo(askedLsn);
        situations.add(head != null && lowest.baseSequence() > head.baseSequence(), "truncated");
        SegmentHeader written = log.parts().builder().header();
        boolean isRolled = written.predecessor().kind() == Predecessor.Kind.SEAL;
        situations.add(isRolled && written.origin().preparation() == Preparation.RECYCLED, "recycled segment used");
        head = lowest;
        model.truncated(lowest.firstLsn(), lowest.baseSequence());
    }

    /** Whether a cursor that begins somewhere is told that this was given up. */
    boolean isOvertaken(SimulatedLog log, Cursor cursor, long fromLsn) {
        if (fromLsn <= 0 || fromLsn >= log.parts().segments().lowest().predecessor().endLsn()) {
            return false;
        }
        assertThatThrownBy(cursor::next).isInstanceOfSatisfying(OvertakenException.class,
            overtaken -> assertThat(overtaken.firstLsn()).isEqualTo(head.firstLsn()));
        situations.add("read of what was given up", 1);
        return true;
    }

    /** The power goes. */
    void crashing(SimulatedLog log) {
        situations.add(log.parts().truncation().isActive(), "crash in a truncation");
        if (last.isDone() && !last.isCompletedExceptionally()) {
            note(log);
        }
    }
}

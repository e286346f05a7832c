package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.SimulatedDisk;
import dev.varve.recovery.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a log does when its disk fails it, with the test's thread as the log's own and a clock that costs nothing. */
@Timeout(60)
class FailedLogTest {
    private static final int KEPT = 3;
    /** EMFILE. */
    private static final int OPEN_FILES_MAX = 24;

    private final SimulatedDisk disk = new SimulatedDisk(7, DiskSettings.quiet());
    private final LogConfig config = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000)
        .withCommit(new LogConfig.Commit(1 << 14, 0, 50_000_000, 10_000_000_000L));
    private SimulatedLog log = SimulatedLog.open(disk, config, 7);

    /** A log that holds a few durable records, and has all prepared that it wants. */
    private void prepare() {
        for (int i = 0; i < KEPT; i++) {
            log.offer(new byte[100], AckLevel.DURABLE, null);
            log.drain();
        }
        log.turnUntil(() -> log.parts().roll().offered() != null && log.parts().manifest().isUpToDate()
            && log.parts().allocator().spares() == 1);
    }

    /** Offers records until the log has failed, or so many were taken; their LSNs. */
    private List<Long> offerUntilFailed(Outcomes outcomes, int count) {
        List<Long> lsns = new ArrayList<>();
        for (int turn = 0; !log.isFailed() && lsns.size() < count; turn++) {
            assertThat(turn).isLessThan(1_000_000);
            long lsn = log.offer(new byte[5000], AckLevel.DURABLE, outcomes);
            if (lsn > 0) {
                lsns.add(lsn);
            }
            log.turn();
        }
        log.turnUntil(() -> outcomes.appended().size() == lsns.size());
        for (int i = 0; i < 100; i++) {
            log.turn();
        }
        return lsns;
    }

    static List<Arguments> fatal() {
        return List.of(
            Arguments.of("the first write of a batch", Occasion.next(Operation.WRITE, "*1.varve"), Errno.EIO),
            Arguments.of("the fourth write of a batch", Occasion.nth(Operation.WRITE, "*1.varve", 4), Errno.EIO),
            Arguments.of("a write of a batch for lack of space", Occasion.next(Operation.WRITE, "*1.varve"), Errno.ENOSPC),
            Arguments.of("a segment's data sync", Occasion.next(Operation.DATA_SYNC, "*1.varve"), Errno.EIO),
            Arguments.of("the second data sync", Occasion.nth(Operation.DATA_SYNC, "*1.varve", 2), Errno.EIO),
            Arguments.of("a data sync that was interrupted", Occasion.next(Operation.DATA_SYNC, "*1.varve"), Errno.EINTR),
            Arguments.of("the next segment's header", Occasion.next(Operation.WRITE, "*2.varve"), Errno.EIO),
            Arguments.of("the copy of the next segment's header", Occasion.nth(Operation.WRITE, "*2.varve", 2), Errno.EIO),
            Arguments.of("the first batch in the next segment", Occasion.nth(Operation.WRITE, "*2.varve", 3), Errno.EIO),
            Arguments.of("the manifest", Occasion.next(Operation.WRITE, "MANIFEST"), Errno.EIO),
            Arguments.of("the sync of a spare", Occasion.next(Operation.SYNC, "*.preparing"), Errno.EIO),
            Arguments.of("the sync of the directory", Occasion.next(Operation.DIRECTORY_SYNC, "*"), Errno.EIO));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fatal")
    void theLogFailsAndEveryAcceptedRecordIsEitherAcknowledgedOrIndeterminateNeverBoth(String what, Occasion occasion, int errno) {
        prepare();
        disk.faults().fail(occasion, errno);
        Outcomes outcomes = new Outcomes();
        List<Long> lsns = offerUntilFailed(outcomes, 200);
        assertThat(log.isFailed()).as(what).isTrue();
        int told = outcomes.appended().size();
        assertThat(outcomes.appended()).extracting(Appended::lsn).isEqualTo(lsns.subList(0, told));
        assertThat(outcomes.failedLsns()).isEqualTo(lsns.subList(told, lsns.size()));
        assertThat(outcomes.failures()).allSatisfy(failure -> assertThat(failure).hasMessageContaining("indeterminate")
            .hasMessageContaining("LSN " + failure.lsn()).hasMessageContaining(Errno.name(errno)));

        assertThat(log.offer(new byte[1], AckLevel.DURABLE, null)).isEqualTo(WriteAheadLog.FAILED);
        long steps = disk.steps();
        long submits = log.parts().queue().submitCalls();
        log.turn();
        assertThat(log.parts().queue().submitCalls()).as("nothing is tried again").isEqualTo(submits);
        assertThat(disk.steps()).isGreaterThan(steps);
        endAndCheck(told);
    }

    /** Closes the failed log, cuts the power and looks whether what was acknowledged is there. */
    private void endAndCheck(int acknowledged) {
        log.intake().close();
        log.driver().beginClosing();
        for (int i = 0; i < 100_000 && !log.isEnded(); i++) {
            log.turn();
        }
        assertThat(log.isEnded()).isTrue();
        disk.faults().clear();
        disk.crash();
        log = SimulatedLog.open(disk, config, 8);
        assertThat(log.report().verdict()).isEqualTo(Verdict.CRASH_TAIL);
        int found = 0;
        try (Cursor cursor = log.read()) {
            while (cursor.next()) {
                found++;
            }
        }
        assertThat(found).isGreaterThanOrEqualTo(KEPT + acknowledged);
    }

    static List<Arguments> harmless() {
        return List.of(
            Arguments.of("a write of a spare", Occasion.nth(Operation.WRITE, "*.preparing", 1), Errno.EIO),
            Arguments.of("a spare's write, for lack of space", Occasion.nth(Operation.WRITE, "*.preparing", 1), Errno.ENOSPC),
            Arguments.of("the allocation of a spare", Occasion.next(Operation.CREATE, "*.preparing"), Errno.ENOSPC),
            Arguments.of("the allocation of a spare, by the quota", Occasion.next(Operation.CREATE, "*.preparing"), Errno.EDQUOT),
            Arguments.of("the creation of a spare", Occasion.next(Operation.CREATE, "*.preparing"), OPEN_FILES_MAX),
            Arguments.of("the creation of a spare, by the device", Occasion.next(Operation.CREATE, "*.preparing"), Errno.EIO));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("harmless")
    void aSpareThatCannotBePreparedIsDiscardedAndTheLogGoesOn(String what, Occasion occasion, int errno) {
        prepare();
        disk.faults().fail(occasion, errno);
        Outcomes outcomes = new Outcomes();
        List<Long> lsns = offerUntilFailed(outcomes, 200);
        assertThat(log.isFailed()).as(what).isFalse();
        assertThat(outcomes.appended()).hasSize(lsns.size()).hasSize(200);
        assertThat(log.parts().roll().rolls()).isGreaterThan(5);
        assertThat(log.close()).isTrue();
    }

    static List<Arguments> passing() {
        List<Arguments> all = new ArrayList<>();
        BiConsumer<Operation, Integer> add = (operation, errno) -> all.add(Arguments.of(operation, errno));
        add.accept(Operation.WRITE, Errno.EINTR);
        add.accept(Operation.WRITE, Errno.EAGAIN);
        add.accept(Operation.SUBMIT, Errno.EAGAIN);
        add.accept(Operation.SUBMIT, Errno.EINTR);
        add.accept(Operation.REAP, Errno.EINTR);
        return all;
    }

    @ParameterizedTest
    @MethodSource("passing")
    void whatTheKernelOnlyPutsOffIsContinued(Operation operation, int errno) {
        prepare();
        for (int nth = 1; nth < 20; nth += 3) {
            disk.faults().fail(Occasion.nth(operation, "*", nth), errno);
        }
        disk.faults().shorten(Occasion.nth(Operation.WRITE, "*.varve", 2), 512).shorten(Occasion.nth(Operation.WRITE, "*.varve", 3), 0);
        Outcomes outcomes = new Outcomes();
        List<Long> lsns = offerUntilFailed(outcomes, 60);
        assertThat(log.isFailed()).isFalse();
        assertThat(outcomes.appended()).extracting(Appended::lsn).isEqualTo(lsns).hasSize(60);
        assertThat(log.parts().commit().syncs()).isPositive();
        assertThat(log.close()).isTrue();
    }

    @Test
    void waitersOfABatchWhoseWriteHangsAreToldAtOnceWhenAnotherFails() {
        prepare();
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        Outcomes hung = new Outcomes();
        long first = log.offer(new byte[5000], AckLevel.DURABLE, hung);
        log.turn();
        disk.faults().fail(Occasion.next(Operation.WRITE, "*1.varve"), Errno.EIO);
        Outcomes failing = new Outcomes();
        long second = log.offer(new byte[5000], AckLevel.DURABLE, failing);
        for (int i = 0; i < 100; i++) {
            log.turn();
        }
        assertThat(log.isFailed()).isTrue();
        assertThat(hung.failedLsns()).containsExactly(first);
        assertThat(failing.failedLsns()).containsExactly(second);
        assertThat(log.parts().queue().pending()).as("its memory stays with the kernel").isEqualTo(1);
        log.driver().beginClosing();
        log.turn();
        assertThat(log.driver().isEnded()).isFalse();
        disk.faults().release();
        endAndCheck(0);
    }

    @Test
    void nothingIsAcknowledgedAfterTheFailureAlthoughItsSyncSucceeds() {
        prepare();
        long durableLsn = log.parts().position().durableLsn();
        disk.faults().hang(Occasion.next(Operation.WRITE, "*1.varve"));
        Outcomes outcomes = new Outcomes();
        long lsn = log.offer(new byte[5000], AckLevel.DURABLE, outcomes);
        log.turn();
        log.driver().fail(new IllegalStateException("for the test"));
        log.turn();
        disk.faults().release();
        for (int i = 0; i < 100; i++) {
            log.turn();
        }
        assertThat(outcomes.appended()).isEmpty();
        assertThat(outcomes.failedLsns()).containsExactly(lsn);
        assertThat(log.parts().position().durableLsn()).isEqualTo(durableLsn);
        endAndCheck(1);
    }

    @Test
    void anAppenderThatStallsFailsTheLogWhichNamesThePlaceAndTellsTheOthers() {
        prepare();
        Placement.Place held = new Placement.Place();
        BatchBuffer batch = log.parts().placement().open();
        assertThat(log.parts().placement().place(64, 1, held)).isTrue();
        Outcomes outcomes = new Outcomes();
        long beside = log.offer(new byte[100], AckLevel.DURABLE, outcomes);
        log.turn();
        long behind = log.offer(new byte[100], AckLevel.DURABLE, outcomes);
        log.idle(config.commit().stallLimitNs() / 2);
        assertThat(log.isFailed()).isFalse();
        log.idle(config.commit().stallLimitNs());
        assertThat(log.isFailed()).isTrue();
        for (int i = 0; i < 10; i++) {
            log.turn();
        }
        assertThat(log.parts().position().failure()).hasMessageContaining("LSN " + batch.lsn()).hasMessageContaining("10000 ms");
        assertThat(outcomes.failedLsns()).containsExactlyInAnyOrder(beside, behind);
        log.driver().beginClosing();
        log.turn();
        assertThat(log.driver().isEnded()).as("somebody still writes into the buffer").isFalse();
        batch.publish(64);
        endAndCheck(0);
    }

    @Test
    void whoSetsASlotAfterTheLogHasFailedIsToldToo() {
        prepare();
        Placement.Place held = new Placement.Place();
        assertThat(log.parts().placement().place(64, 1, held)).isTrue();
        log.driver().fail(new IllegalStateException("for the test"));
        log.turn();
        Outcomes late = new Outcomes();
        held.batch().acks().set(held.index(), held.offset(), new Appender.Target(late, null, AckLevel.DURABLE));
        long lsn = held.lsn();
        held.batch().publish(64);
        assertThat(log.driver().hasWork()).isTrue();
        log.turn();
        assertThat(late.failedLsns()).containsExactly(lsn);
        endAndCheck(0);
    }

    @Test
    void whoWaitsForProtectionIsToldThatItIsUnknown() {
        prepare();
        disk.faults().fail(Occasion.next(Operation.WRITE, "MANIFEST"), Errno.EIO);
        Outcomes outcomes = new Outcomes();
        long lsn = log.offer(new byte[100], AckLevel.PROTECTED, outcomes);
        for (int i = 0; i < 1000; i++) {
            log.turn();
        }
        assertThat(outcomes.failedLsns()).containsExactly(lsn);
        assertThat(outcomes.appended()).isEmpty();
        endAndCheck(1);
    }

    @Test
    void everybodyIsToldEvenIfCompletionsCannotBeCollectedAnyMore() {
        prepare();
        Outcomes outcomes = new Outcomes();
        long lsn = log.offer(new byte[100], AckLevel.DURABLE, outcomes);
        log.turnUntil(() -> log.parts().commit().unsynced() > 0);
        disk.crashAtStep(disk.steps());
        for (int i = 0; i < 100; i++) {
            log.turn();
        }
        assertThat(disk.isStopped()).isTrue();
        assertThat(outcomes.failedLsns()).containsExactly(lsn);
        assertThat(log.driver().isUnreapable()).isTrue();
    }

    @Test
    void aFailureWithoutAMessageIsNamedByItsKind() {
        log.driver().fail(new StackOverflowError());
        assertThat(log.parts().position().failure()).hasMessageContaining("StackOverflowError");
        assertThatThrownBy(() -> log.intake().checkOpen()).isInstanceOf(LogFailedException.class).hasMessageContaining("open it anew");
    }
}

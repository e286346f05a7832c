package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class AckListTest {
    private final AckLists lists = new AckLists(8);
    private final AckList list = lists.acquire();
    private final Outcomes outcomes = new Outcomes();
    private final List<Runnable> tasks = new ArrayList<>();
    private final Executor executor = tasks::add;

    private void set(int index, AckLevel level, Object attachment) {
        list.set(index, 128 + 16 * index, new Appender.Target(outcomes, attachment, level));
    }

    private void runTasks() {
        tasks.forEach(Runnable::run);
        tasks.clear();
    }

    @Test
    void eachIsToldOnceWhenItsLevelIsReachedInOrderAndAsOneTask() {
        set(0, AckLevel.DURABLE, "a");
        set(1, AckLevel.WRITTEN, "b");
        set(2, AckLevel.PROTECTED, "c");
        set(3, AckLevel.WRITTEN, "d");
        list.settle(4, 1000, 50);
        list.reached(AckLevel.WRITTEN, executor);
        assertThat(tasks).hasSize(1);
        runTasks();
        assertThat(outcomes.attachments()).containsExactly("b", "d");
        list.reached(AckLevel.DURABLE, executor);
        runTasks();
        assertThat(outcomes.attachments()).containsExactly("b", "d", "a");
        list.reached(AckLevel.DURABLE, executor);
        assertThat(tasks).isEmpty();
        list.reached(AckLevel.PROTECTED, executor);
        runTasks();
        assertThat(outcomes.attachments()).containsExactly("b", "d", "a", "c");
        assertThat(outcomes.appended()).containsExactly(new Appended(1000 + 144, 51), new Appended(1000 + 176, 53),
            new Appended(1000 + 128, 50), new Appended(1000 + 160, 52));
    }

    @Test
    void placesWithoutAWaiterCountAndFillersDoNot() {
        list.set(0, 128, null);
        list.setFiller(1);
        list.set(2, 160, new Appender.Target(null, null, AckLevel.DURABLE));
        set(3, AckLevel.DURABLE, null);
        list.settle(4, 0, 7);
        list.reached(AckLevel.DURABLE, Runnable::run);
        assertThat(outcomes.appended()).containsExactly(new Appended(176, 9));
    }

    @Test
    void onlyItsOwnSlotsAreLookedAt() {
        set(0, AckLevel.DURABLE, "mine");
        set(1, AckLevel.DURABLE, "behind the end");
        list.settle(1, 0, 1);
        list.reached(AckLevel.PROTECTED, Runnable::run);
        assertThat(outcomes.attachments()).containsExactly("mine");
    }

    @Test
    void aFailureTellsEveryLevelWithTheLsnAndWhoComesLaterTheNextTime() {
        CompletableFuture<Appended> future = new CompletableFuture<>();
        list.set(0, 128, new Appender.Target(future, null, AckLevel.PROTECTED));
        set(1, AckLevel.WRITTEN, "listener");
        list.settle(3, 4096, 0);
        LogFailedException failure = new LogFailedException("broken", new IllegalStateException("why"));
        list.failed(failure, Runnable::run);
        assertThat(future).isCompletedExceptionally();
        assertThat(future.exceptionNow()).isInstanceOfSatisfying(IndeterminateAppendException.class, e -> {
            assertThat(e.lsn()).isEqualTo(4096 + 128);
            assertThat(e).hasMessageContaining("indeterminate").hasMessageContaining("broken").hasCause(failure);
        });
        assertThat(outcomes.failedLsns()).containsExactly(4096L + 144);
        set(2, AckLevel.DURABLE, "late");
        list.failed(failure, Runnable::run);
        assertThat(outcomes.failedLsns()).containsExactly(4096L + 144, 4096L + 160);
    }

    @Test
    void threadsAreWokenAtOnceWhateverTheExecutorDoes() throws InterruptedException {
        AtomicBoolean isReached = new AtomicBoolean();
        Thread thread = Thread.ofVirtual().unstarted(() -> {
            while (!isReached.get()) {
                LockSupport.park(this);
            }
        });
        list.set(0, 128, new Appender.Target(thread, null, AckLevel.DURABLE));
        list.settle(1, 0, 1);
        thread.start();
        isReached.set(true);
        list.reached(AckLevel.DURABLE, executor);
        thread.join();
        assertThat(tasks).isEmpty();
    }

    @Test
    void itSaysWhetherSomebodyWaitsForLessOrForMoreThanDurability() {
        set(0, AckLevel.DURABLE, null);
        assertThat(list.isWrittenWanted() || list.isProtectedWanted()).isFalse();
        set(1, AckLevel.WRITTEN, null);
        set(2, AckLevel.PROTECTED, null);
        assertThat(list.isWrittenWanted() && list.isProtectedWanted()).isTrue();
        list.settle(3, 0, 1);
        list.reached(AckLevel.PROTECTED, Runnable::run);
        list.recycle();
        assertThat(lists.acquire()).isSameAs(list);
        assertThat(list.isWrittenWanted() || list.isProtectedWanted()).isFalse();
    }
}

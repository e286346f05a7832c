package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two threads take turns, each waiting for the other by what a log's threads wait by: one missed wake-up and nobody goes on. The canary
 * misses some, and must be caught. {@code -Dvarve.torture=true} takes a hundred times as many turns.
 */
@Timeout(600)
class MissedWakeUpTest {
    private static final int TURNS = Boolean.getBoolean("varve.torture") ? 2_000_000 : 20_000;
    private static final int CANARY_TURNS = 10_000_000;
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final long STUCK_NS = 20_000_000_000L;
    private static final long CANARY_STUCK_NS = 1_000_000_000L;

    /** Somebody waits until the other has come so far. */
    private record Side(LongConsumer advance, LongConsumer await) {
    }

    /** Whether both sides took all turns. */
    private static boolean isDone(Side left, Side right, int turns, long stuckNs) throws InterruptedException {
        AtomicLong progress = new AtomicLong();
        Thread first = Thread.ofPlatform().daemon().start(() -> {
            for (long turn = 1; turn <= turns; turn++) {
                left.advance().accept(turn);
                right.await().accept(turn);
                progress.set(turn);
            }
        });
        Thread second = Thread.ofPlatform().daemon().start(() -> {
            for (long turn = 1; turn <= turns; turn++) {
                left.await().accept(turn);
                right.advance().accept(turn);
            }
        });
        long seen = 0;
        long sinceNs = System.nanoTime();
        while (!first.join(LOOK)) {
            long now = progress.get();
            if (now != seen) {
                seen = now;
                sinceNs = System.nanoTime();
            } else if (System.nanoTime() - sinceNs > stuckNs) {
                return false;
            }
        }
        second.join();
        return true;
    }

    private static Side waitingFor(DurablePosition position, AckLevel level) {
        return new Side(turn -> {
            position.advanceDurable(turn);
            position.advanceProtected(turn);
        }, turn -> position.await(turn - 1, level));
    }

    @Test
    void whoeverWaitsForTheDurableEndIsWoken() throws InterruptedException {
        for (AckLevel level : new AckLevel[] {AckLevel.WRITTEN, AckLevel.DURABLE, AckLevel.PROTECTED}) {
            assertThat(isDone(waitingFor(new DurablePosition(0), level), waitingFor(new DurablePosition(0), level), TURNS, STUCK_NS))
                .as("waiting for %s", level).isTrue();
        }
    }

    /** As an appender waits for room: tries, enters itself, tries again, and only then sleeps. */
    private static Side waitingForSpace() {
        SpaceWaiters space = new SpaceWaiters();
        AtomicLong room = new AtomicLong();
        return new Side(turn -> {
            room.set(turn);
            space.wakeAll();
        }, turn -> {
            SpaceWaiters.Waiter waiter = null;
            while (room.get() < turn) {
                if (waiter == null) {
                    waiter = new SpaceWaiters.Waiter();
                } else {
                    space.park(Long.MAX_VALUE);
                }
                space.enter(waiter);
            }
        });
    }

    @Test
    void whoeverWaitsForRoomIsWoken() throws InterruptedException {
        assertThat(isDone(waitingForSpace(), waitingForSpace(), TURNS, STUCK_NS)).isTrue();
    }

    /** Enters itself without looking again before it sleeps. */
    private static Side waitingCarelessly() {
        ConcurrentLinkedQueue<Thread> waiting = new ConcurrentLinkedQueue<>();
        AtomicLong end = new AtomicLong();
        return new Side(turn -> {
            end.set(turn);
            LockSupport.unpark(waiting.poll());
        }, turn -> {
            while (end.get() < turn) {
                waiting.add(Thread.currentThread());
                LockSupport.park();
            }
        });
    }

    @Test
    void theCanaryIsCaught() throws InterruptedException {
        assertThat(isDone(waitingCarelessly(), waitingCarelessly(), CANARY_TURNS, CANARY_STUCK_NS)).isFalse();
    }
}

package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class SpaceWaitersTest {
    private final SpaceWaiters waiters = new SpaceWaiters();

    @Test
    void aThreadThatLooksAgainByItselfIsEnteredOnlyOnce() {
        SpaceWaiters.Waiter waiter = new SpaceWaiters.Waiter();
        for (int i = 0; i < 1000; i++) {
            waiters.enter(waiter);
        }
        assertThat(waiters.count()).isEqualTo(1);
        waiters.wakeAll();
        assertThat(waiters.count()).isZero();
        waiters.enter(waiter);
        assertThat(waiters.count()).isEqualTo(1);
    }

    @Test
    void wakingEndsAlthoughThoseWhoWereWokenComeBackAtOnce() throws InterruptedException {
        SpaceWaiters.Waiter waiter = new SpaceWaiters.Waiter();
        AtomicBoolean isOver = new AtomicBoolean();
        Thread thread = Thread.ofPlatform().start(() -> {
            while (!isOver.get()) {
                waiters.enter(waiter);
            }
        });
        for (int i = 0; i < 1000; i++) {
            waiters.wakeAll();
        }
        isOver.set(true);
        thread.join();
        assertThat(waiters.count()).isLessThanOrEqualTo(1);
    }

    @Test
    void aWakeUpBetweenEnteringAndParkingIsNotMissed() throws InterruptedException {
        AtomicBoolean isOver = new AtomicBoolean();
        Thread thread = Thread.ofPlatform().start(() -> {
            waiters.enter(new SpaceWaiters.Waiter());
            Outcomes.await(() -> waiters.count() == 0);
            waiters.park(Long.MAX_VALUE);
            isOver.set(true);
        });
        Outcomes.await(() -> waiters.count() == 1);
        waiters.wakeAll();
        thread.join();
        assertThat(isOver).isTrue();
    }
}

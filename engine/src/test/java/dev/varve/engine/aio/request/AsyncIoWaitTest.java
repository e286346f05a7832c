package dev.varve.engine.aio.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.aio.Epoll;
import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.request.AioRequest.State;
import dev.varve.engine.io.Directory.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Waiting for requests, and being told of them: one, many, in order and by whom. Rows are those of the checklist of what kernel AIO is. */
@Timeout(60)
class AsyncIoWaitTest extends OpenRequests {
    @Test
    void row35ShouldAwaitAnyOfAListWithNullsUntilATimeout() throws Exception {
        try (EventCounter early = EventCounter.open(); EventCounter never = EventCounter.open()) {
            AioRequest first = pollOf(never);
            AioRequest second = pollOf(early);
            List<AioRequest> list = Arrays.asList(null, first, null, second);

            assertThatThrownBy(() -> io.awaitAny(list, Duration.ZERO)).isInstanceOf(TimeoutException.class);
            long startNs = System.nanoTime();
            assertThatThrownBy(() -> io.awaitAny(list, Duration.ofMillis(200))).isInstanceOf(TimeoutException.class);
            assertThat(System.nanoTime() - startNs).isBetween(SECOND / 5, 5 * SECOND);
            Thread adder = Thread.ofPlatform().start(() -> {
                sleep(50);
                early.add();
            });
            assertThat(io.awaitAny(list, LONG)).isSameAs(second);
            assertThat(io.awaitAny(list, Duration.ZERO)).isSameAs(second);
            adder.join();
            assertThatThrownBy(() -> io.awaitAny(list, Duration.ofMillis(-1))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> io.awaitAny(Arrays.asList(null, null), LONG)).isInstanceOf(IllegalArgumentException.class);
            io.cancel(first);
            over(first);
        }
    }

    @Test
    void row35ShouldEndAWaitByAnInterrupt() throws Exception {
        try (EventCounter never = EventCounter.open()) {
            AioRequest poll = pollOf(never);
            Thread waiter = Thread.currentThread();
            Thread interrupter = Thread.ofPlatform().start(() -> {
                sleep(50);
                waiter.interrupt();
            });
            assertThatThrownBy(() -> io.awaitAny(List.of(poll), LONG)).isInstanceOf(InterruptedException.class);
            interrupter.join();
            io.cancel(poll);
            over(poll);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void row37ShouldHoldASyncBackUntilEveryEarlierWriteIsOver() throws Exception {
        ConcurrentLinkedQueue<AioRequest> order = new ConcurrentLinkedQueue<>();
        try (EventCounter counter = EventCounter.open()) {
            List<AioRequest> polls = occupyAllSlots(counter);
            AioRequest earlier = write(0);
            AioRequest sync = file.dataSync();
            AioRequest full = file.sync();
            List.of(earlier, sync, full).forEach(request -> request.onOver(order::add));
            // Room for two: were the sync not held back, both it and the write would be with the kernel.
            io.cancel(polls.get(0));
            io.cancel(polls.get(1));
            over(earlier);
            over(sync);
            over(full);
            assertThat(List.of(earlier.result(), sync.result(), full.result())).containsExactly((long) BLOCK, 0L, 0L);
            counter.add();
            executor.submit(() -> { }).get();
            assertThat(order.peek()).isSameAs(earlier);
        }
    }

    @Test
    void row37ShouldSyncAlthoughAnEarlierWriteWasCancelled() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            occupyAllSlots(counter);
            AioRequest earlier = write(0);
            AioRequest sync = file.sync();
            assertThat(io.cancel(earlier)).isEqualTo(CancelOutcome.CANCELLED);
            counter.add();
            assertThat(over(sync).result()).isZero();
        }
    }

    @Test
    void row38ShouldSubmitMixedListsWithNullsAndNothings() throws Exception {
        AsyncFile readOnly = io.file(directory.open("file", Access.READ));
        List<Operation> mixed = Arrays.asList(writeOf(0), null, Operation.nothing(), Operation.read(readOnly, BLOCK, block(1)),
            Operation.write(readOnly, 0, block(2)), Operation.dataSync(file));
        RequestGroup group = io.submitAll(mixed, Waiting.WAIT);

        assertThat(group.isOver()).isTrue();
        assertThat(group.requests()).extracting(request -> request.operation().kind()).containsExactly(Operation.Kind.WRITE,
            Operation.Kind.NOTHING, Operation.Kind.READ, Operation.Kind.WRITE, Operation.Kind.DATA_SYNC);
        assertThat(group.requests()).extracting(AioRequest::state)
            .containsExactly(State.DONE, State.DONE, State.DONE, State.FAILED, State.DONE);
        assertThat(group.failures()).hasSize(1);
        assertThat(io.submitAll(Arrays.asList(null, null), Waiting.WAIT).future()).isDone();
        readOnly.close();
    }

    @Test
    void row38ShouldReturnBeforeTheEndWhenNotToWaitAndTellTheGroupOnce() throws Exception {
        try (EventCounter counter = EventCounter.open()) {
            ConcurrentLinkedQueue<String> told = new ConcurrentLinkedQueue<>();
            RequestGroup group = io.submitAll(List.of(writeOf(0), Operation.poll(counter.descriptor(), Iocb.POLLIN)), Waiting.NOWAIT);
            CompletableFuture<Void> end = group.future().thenAccept(_ -> told.add(Thread.currentThread().getName()));
            assertThat(group.isOver()).isFalse();
            assertThat(told).isEmpty();
            counter.add();
            end.get(30, TimeUnit.SECONDS);

            assertThat(told).containsExactly("callbacks");
            assertThat(group.isOver()).isTrue();
        }
    }

    @Test
    void row29ShouldOutliveCallbacksThatThrowAndExecutorsThatRefuse() throws Exception {
        AioRequest first = write(0);
        first.onOver(_ -> {
            throw new IllegalStateException("thrown on purpose");
        });
        assertThat(over(first).result()).isEqualTo(BLOCK);
        try (AsyncIo inline = AsyncIo.open(4, Runnable::run); AsyncIo refused = AsyncIo.open(4, _ -> {
            throw new RejectedExecutionException("refused on purpose");
        })) {
            for (AsyncIo one : List.of(inline, refused)) {
                AsyncFile same = one.file(directory.open("file", Access.WRITE));
                AioRequest request = same.write(0, block(0));
                request.onOver(_ -> {
                    throw new AssertionError("thrown on purpose");
                });
                one.awaitAny(List.of(request), LONG);
                AioRequest next = same.write(0, block(0));
                assertThat(one.awaitAny(List.of(next), LONG).result()).isEqualTo(BLOCK);
                same.close();
            }
        }
    }

    @Test
    void row41ShouldRunCallbacksOnTheExecutorAndSubmitTheNextFromThere() throws Exception {
        int links = 1000;
        CountDownLatch end = new CountDownLatch(links);
        Set<String> threads = new HashSet<>();
        chain(end, threads);

        assertThat(end.await(30, TimeUnit.SECONDS)).isTrue();
        executor.submit(() -> { }).get();
        assertThat(threads).containsExactly("callbacks");
    }

    private void chain(CountDownLatch end, Set<String> threads) {
        write(0).onOver(_ -> {
            threads.add(Thread.currentThread().getName());
            end.countDown();
            if (end.getCount() > 0) {
                chain(end, threads);
            }
        });
    }

    @Test
    void row41ShouldRefuseToWaitInTheReapingThread() throws Exception {
        ConcurrentLinkedQueue<Throwable> refusals = new ConcurrentLinkedQueue<>();
        try (AsyncIo inline = AsyncIo.open(4, Runnable::run); EventCounter counter = EventCounter.open()) {
            AioRequest poll = inline.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN));
            poll.onOver(_ -> {
                try {
                    inline.submitAll(List.of(Operation.nothing()), Waiting.WAIT);
                } catch (IllegalStateException | InterruptedException e) {
                    refusals.add(e);
                }
            });
            counter.add();
            inline.awaitAny(List.of(poll), LONG);
            // Closing would tell the listener, too, if the reaping thread had not yet.
            while (refusals.isEmpty()) {
                Thread.onSpinWait();
            }
        }
        assertThat(refusals).singleElement().isInstanceOfSatisfying(IllegalStateException.class,
            e -> assertThat(e).hasMessageContaining("reaping thread"));
    }

    @Test
    void shouldCompleteFuturesAndGoOnReapingAlthoughTheExecutorCannotStartAThread() throws Exception {
        Executor exhausted = _ -> {
            throw new OutOfMemoryError("unable to create native thread");
        };
        try (AsyncIo io = AsyncIo.open(4, exhausted); EventCounter counter = EventCounter.open()) {
            for (int i = 0; i < 3; i++) {
                AioRequest poll = io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN));
                poll.onOver(_ -> {
                    throw new AssertionError("nobody runs it");
                });
                CompletableFuture<Long> future = poll.future();
                counter.add();
                assertThat(future.get(10, TimeUnit.SECONDS)).isPositive();
                counter.take();
            }
        }
    }

    @Test
    void row40ShouldBringRequestsIntoAnEpollLoopByTheirTag() {
        CompletionQueue completions = io.completions();
        Set<Long> tags = new HashSet<>();
        try (Epoll epoll = new Epoll(1)) {
            epoll.watch(completions.counter().descriptor(), 40);
            for (int i = 0; i < 100; i++) {
                io.submit(writeOf(i).withTag(1000 + i));
            }
            while (tags.size() < 100) {
                assertThat(epoll.await(30 * SECOND)).containsExactly(40);
                for (long count = completions.counter().take(); count > 0; count--) {
                    AioRequest request = completions.poll();
                    assertThat(request.state()).isEqualTo(State.DONE);
                    assertThat(tags.add(request.operation().tag())).isTrue();
                }
            }
        }
        assertThat(tags).allSatisfy(tag -> assertThat(tag).isBetween(1000L, 1099L));
        assertThat(completions.poll()).isNull();
    }

    @Test
    void row42ShouldUseNoProcessorWhileNothingHappens() throws IOException {
        Path stat = reaperStat();
        long before = ticks(stat);
        sleep(1500);

        // A tick is 10 ms; a spinning thread would use some 100.
        assertThat(ticks(stat) - before).isLessThanOrEqualTo(3);
    }

    private static Path reaperStat() throws IOException {
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.filter(task -> nameOf(task).startsWith("varve-aio-reap")).findFirst().orElseThrow().resolve("stat");
        }
    }

    private static String nameOf(Path task) {
        try {
            return Files.readString(task.resolve("comm"));
        } catch (IOException e) {
            return "";
        }
    }

    private static long ticks(Path stat) throws IOException {
        String[] fields = Files.readString(stat).replaceAll(".*\\) ", "").split(" ", -1);
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }
}

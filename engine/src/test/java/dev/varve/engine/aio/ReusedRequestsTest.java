package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.linux.BuildTree;
import dev.varve.engine.linux.LinuxFile;
import dev.varve.engine.linux.MappedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One iocb, one batch and one object for events serve any number of requests, on the real kernel and disk. */
@Timeout(60)
class ReusedRequestsTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 40;
    private static final ReapLimits ALL = new ReapLimits(BLOCKS, BLOCKS, 20_000_000_000L);
    private static final ReapLimits ONE = new ReapLimits(1, 1, 20_000_000_000L);

    @TempDir(factory = BuildTree.class)
    private Path path;

    private final SharedContext<Integer> context = SharedContext.open(BLOCKS);
    private final MappedMemory memory = MappedMemory.map((long) BLOCKS * BLOCK, BLOCK);
    private final AioBatch<Integer> batch = new AioBatch<>();
    private final AioEvents<Integer> events = new AioEvents<>();
    private Directory directory;
    private LinuxFile file;

    @BeforeEach
    void open() {
        directory = new KernelDisk().openDirectory(path, true);
        file = (LinuxFile) directory.create("file", (long) BLOCKS * BLOCK);
    }

    @AfterEach
    void close() {
        context.close();
        file.close();
        directory.close();
        memory.close();
    }

    private MemorySegment block(int index) {
        return memory.segment().asSlice((long) index * BLOCK, BLOCK);
    }

    private Iocb write(int index) {
        return Iocb.pwrite(file.descriptor(), block(index), (long) index * BLOCK);
    }

    private List<Integer> reaped() {
        return IntStream.range(0, events.count()).mapToObj(events::request).toList();
    }

    @Test
    void anIocbMayBeMovedWhileTheKernelHasItAtItsOldPlace() {
        Iocb iocb = write(0);
        for (int i = 0; i < BLOCKS; i++) {
            block(i).fill((byte) (i + 1));
            batch.add(iocb.moveTo(block(i), (long) i * BLOCK), i);
            assertThat(context.submit(batch)).isEqualTo(1);
            assertThat(batch.isEmpty()).isTrue();
        }
        assertThat(context.reap(events, ALL)).isEqualTo(BLOCKS);
        assertThat(reaped()).containsExactlyInAnyOrderElementsOf(IntStream.range(0, BLOCKS).boxed().toList());

        memory.segment().fill((byte) 0);
        IoVectors backwards = IoVectors.of(IntStream.range(0, BLOCKS).mapToObj(i -> block(BLOCKS - 1 - i)).toList());
        batch.add(Iocb.preadv(file.descriptor(), IoVectors.of(List.of(block(0))), 0).moveTo(backwards, 0), 77);
        context.submit(batch);
        assertThat(context.reap(events, ONE)).isEqualTo(1);
        assertThat(events.request(0)).isEqualTo(77);
        assertThat(events.result(0)).isEqualTo((long) BLOCKS * BLOCK);
        for (int i = 0; i < BLOCKS; i++) {
            assertThat(block(i).get(ValueLayout.JAVA_BYTE, 17)).isEqualTo((byte) (BLOCKS - i));
        }
    }

    @Test
    void anIocbIsMovedOnlyToWhereItsKindCanGo() {
        Iocb read = Iocb.pread(file.descriptor(), block(0), 0);
        IoVectors vectors = IoVectors.of(List.of(block(1)));

        assertThatThrownBy(() -> read.moveTo(vectors, 0)).isInstanceOf(IllegalStateException.class).hasMessageContaining("cannot be moved");
        assertThatThrownBy(() -> Iocb.pwritev(file.descriptor(), vectors, 0).moveTo(block(0), 0))
            .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> Iocb.fsync(file.descriptor()).moveTo(block(0), 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> read.moveTo(block(1).asReadOnly(), 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> read.moveTo(MemorySegment.ofArray(new byte[BLOCK]), 0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(read).asString().contains("bytes=4096").contains("offset=0");
    }

    @Test
    void whatIsMovedKeepsItsOptionsAndTheIocbItWasMadeFromStays() {
        Iocb plain = write(3);
        try (EventCounter counter = EventCounter.open()) {
            Iocb counted = plain.withResultCounter(counter).moveTo(block(5), 5L * BLOCK);
            assertThat(plain).asString().contains("offset=" + 3 * BLOCK);
            batch.add(counted, 5);
            batch.add(plain, 3);
            assertThat(context.submit(batch)).isEqualTo(2);
            assertThat(context.reap(events, new ReapLimits(2, 2, 20_000_000_000L))).isEqualTo(2);
            assertThat(counter.take()).isEqualTo(1);
        }
    }

    @Test
    void nothingIsSubmittedThatCannotBeGivenBack() {
        Iocb iocb = Iocb.poll(0, Iocb.POLLIN);
        assertThatNullPointerException().isThrownBy(() -> batch.add(iocb, null)).withMessage("request");
        assertThatNullPointerException().isThrownBy(() -> batch.add(null, 1)).withMessage("iocb");
        assertThatNullPointerException().isThrownBy(() -> new Submission<>(iocb, null)).withMessage("request");
        assertThat(batch.isEmpty()).isTrue();
    }

    @Test
    void whatWasTakenLeavesTheBatchAndTheRefusedStaysFirst() {
        batch.add(write(0), 0);
        batch.add(Iocb.fsync(-1), 1);
        batch.add(write(2), 2);

        assertThat(context.submit(batch)).isEqualTo(1);
        assertThat(batch.count()).isEqualTo(2);
        assertThat(context.submit(batch)).isEqualTo(-Errno.EBADF);
        assertThat(batch.count()).isEqualTo(2);
        assertThat(batch.removeFirst()).isEqualTo(1);
        assertThat(context.submit(batch)).isEqualTo(1);
        assertThat(context.submit(batch)).isZero();
        assertThatThrownBy(batch::removeFirst).isInstanceOf(IllegalStateException.class);
        assertThat(context.reap(events, new ReapLimits(2, 2, 20_000_000_000L))).isEqualTo(2);
        assertThat(reaped()).containsExactlyInAnyOrder(0, 2);
    }

    @Test
    void aBatchOfMoreThanThereIsRoomForGoesOnWhenSomeWereReaped() {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < 10 * BLOCKS; i++) {
            batch.add(write(i % BLOCKS), i);
        }
        assertThat(context.submit(batch)).isEqualTo(BLOCKS);
        assertThat(context.submit(batch)).isEqualTo(-Errno.EAGAIN);
        while (all.size() < 10 * BLOCKS) {
            context.reap(events, ONE);
            all.addAll(reaped());
            int count = Math.min(batch.count(), BLOCKS - context.inFlight());
            assertThat(context.submit(batch)).isEqualTo(count);
        }

        assertThat(all).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 10 * BLOCKS).boxed().toList());
    }

    @Test
    void eachReapReplacesTheEventsOfTheOneBefore() {
        batch.add(write(0), 0);
        context.submit(batch);
        context.reap(events, ONE);
        assertThat(reaped()).containsExactly(0);

        assertThat(context.reap(events, ReapLimits.now(1))).isZero();
        assertThat(events.count()).isZero();
        assertThatThrownBy(() -> events.request(0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> events.result(0)).isInstanceOf(IndexOutOfBoundsException.class);
        context.close();
        assertThatThrownBy(() -> context.reap(events, ONE)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> context.reapMasked(events, ONE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aWakeUpAndACloseEndAMaskedWaitForSeveral() throws InterruptedException {
        ReapLimits three = new ReapLimits(3, 3, 100_000_000_000L);
        batch.add(write(0), 0);
        context.submit(batch);
        Thread ringer = ring(context::wakeUp);
        assertThat(context.reapMasked(events, three, -1)).isEqualTo(1);
        assertThat(reaped()).containsExactly(0);
        ringer.join();

        Thread closer = ring(context::close);
        assertThat(context.reapMasked(events, three, -1)).isZero();
        closer.join();
    }

    private static Thread ring(Runnable task) {
        return Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            task.run();
        });
    }
}

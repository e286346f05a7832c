package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.StorageContractException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the description of the fault model says, each refusal and each promise. */
class FaultModelTest extends SimulationTest {
    private static final List<Integer> ERRNOS = List.of(Errno.EIO, Errno.ENOSPC, Errno.EDQUOT, Errno.EAGAIN, Errno.EINTR, Errno.EINVAL,
        Errno.ENOMEM, Errno.EROFS, Errno.EACCES, Errno.ENODEV, Errno.ENXIO, Errno.EBADF, Errno.ENOSYS);

    private IoFile file;

    @BeforeEach
    void begin() {
        start(1, DiskSettings.quiet());
        file = durableFile("a", 8);
    }

    private void run(IoRequest request) {
        queue.run(request);
    }

    private boolean reads(int block, int value) {
        run(request().read(file, (long) block * BLOCK, memory(100, 1)));
        return isAll(memory(100, 1).toArray(ValueLayout.JAVA_BYTE), value);
    }

    /** What fails an operation, whichever it is. */
    private Map<Operation, ThrowingCallable> calls() {
        Map<Operation, ThrowingCallable> calls = new EnumMap<>(Operation.class);
        calls.put(Operation.READ, () -> run(request().read(file, 0, memory(0, 1))));
        calls.put(Operation.WRITE, () -> run(write(file, 0, 1)));
        calls.put(Operation.DATA_SYNC, () -> run(request().dataSync(file)));
        calls.put(Operation.SYNC, () -> run(request().sync(file)));
        calls.put(Operation.CREATE, () -> directory.create("new", BLOCK));
        calls.put(Operation.ALLOCATE, () -> directory.create("new", BLOCK));
        calls.put(Operation.LENGTH, () -> directory.open("a", Access.READ));
        calls.put(Operation.OPEN, () -> directory.open("a", Access.READ));
        calls.put(Operation.RENAME, () -> directory.rename("a", "b"));
        calls.put(Operation.DELETE, () -> directory.delete("a"));
        calls.put(Operation.LIST, () -> directory.list());
        calls.put(Operation.DIRECTORY_SYNC, () -> directory.sync());
        calls.put(Operation.LOCK, () -> directory.tryLock("LOCK"));
        calls.put(Operation.OPEN_DIRECTORY, () -> disk.openDirectory(PATH, true));
        calls.put(Operation.OPEN_ENGINE, () -> disk.openEngine(1));
        calls.put(Operation.SUBMIT, () -> assertRefused(queue.engine().submit(new IoRequest[] {write(file, 0, 1)}, 0, 1)));
        calls.put(Operation.REAP, () -> assertRefused(queue.engine().reap(new IoRequest[1], 1, SECOND_NS)));
        return calls;
    }

    private static void assertRefused(int result) {
        throw IoFailureException.of("the engine's call", -result);
    }

    @Test
    void shouldFailEveryOperationWithEveryErrnoOnce() {
        Map<Operation, ThrowingCallable> calls = calls();
        assertThat(calls).containsOnlyKeys(Operation.values());
        for (Map.Entry<Operation, ThrowingCallable> call : calls.entrySet()) {
            for (int errno : ERRNOS) {
                begin();
                disk.faults().fail(Occasion.next(call.getKey(), "*"), errno);
                // The queue itself goes on after these two, as it does with a kernel.
                boolean isContinued = (errno == Errno.EAGAIN || errno == Errno.EINTR)
                    && List.of(Operation.READ, Operation.WRITE, Operation.DATA_SYNC, Operation.SYNC).contains(call.getKey());
                if (isContinued) {
                    continue;
                }
                assertThatThrownBy(call.getValue()).as("%s at %s", Errno.name(errno), call.getKey()).satisfies(thrown ->
                    assertThat(thrown instanceof StorageContractException contract ? contract.errno()
                        : ((IoFailureException) thrown).errno()).isEqualTo(errno));
            }
        }
    }

    @Test
    void shouldForgetTheNameOfAFailedCreationUnlessThePowerIsCut() {
        int found = count(seed -> {
            start(seed, DiskSettings.quiet());
            disk.faults().fail(Occasion.next(Operation.ALLOCATE, "new"), Errno.ENOSPC);
            assertThatThrownBy(() -> directory.create("new", BLOCK)).hasMessageContaining("ENOSPC");
            assertThat(directory.list()).doesNotContain("new");
            disk.crash();
            open();
            return directory.list().contains("new");
        });

        assertThat(found).isBetween(SEEDS / 20, SEEDS / 2);
    }

    @Test
    void shouldServeAStaleReadWithWhatLayThereOneWriteAgo() {
        run(write(file, 0, 1));
        run(request().dataSync(file));
        run(write(file, 0, 2));
        disk.faults().stale(Occasion.next(Operation.READ, "a"));
        assertThat(reads(0, 1)).as("the durable one below the cache").isTrue();
        assertThat(reads(0, 2)).as("only that one read was stale").isTrue();

        run(request().dataSync(file));
        disk.faults().stale(Occasion.next(Operation.READ, "a"));
        assertThat(reads(0, 1)).as("the durable one before this").isTrue();
    }

    @Test
    void shouldLetAFormerFileShineThroughAfterAPowerCutAndInStaleReads() {
        run(write(file, 0, 9));
        run(request().dataSync(file));
        directory.delete("a");
        IoFile second = durableFile("b", 8);
        run(request().read(second, 0, memory(0, 1)));
        assertThat(memory(0, 1).get(ValueLayout.JAVA_BYTE, 0)).as("a new file reads as zeros").isZero();
        disk.faults().stale(Occasion.next(Operation.READ, "b"));
        run(request().read(second, 0, memory(0, 1)));
        assertThat(memory(0, 1).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 9);

        run(write(second, 0, 1));
        DiskSnapshot written = disk.snapshot();
        int shone = count(seed -> {
            SimulatedDisk cut = written.disk(seed);
            cut.crash();
            byte[] left = cut.damage(PATH).bytes("b");
            return isAll(sector(left, 0), 9) || isAll(sector(left, 5), 9);
        });
        assertThat(shone).isBetween(SEEDS / 200, SEEDS / 5);
    }

    @Test
    void shouldTurnABitOverOnTheWay() {
        disk.faults().flipBit(Occasion.next(Operation.WRITE, "a"), 8 * 5 + 1);
        run(write(file, 0, 0));
        assertThat(bytes("a")[5]).isEqualTo((byte) 2);
        assertThat(filled(0, 0).get(ValueLayout.JAVA_BYTE, 5)).as("the program's own memory").isZero();

        run(write(file, 0, 0));
        disk.faults().flipBit(Occasion.next(Operation.READ, "a"), 8L * BLOCK - 1);
        assertThat(reads(0, 0)).isFalse();
        assertThat(memory(100, 1).get(ValueLayout.JAVA_BYTE, BLOCK - 1)).isEqualTo((byte) 0x80);
        assertThat(reads(0, 0)).as("at rest nothing has changed").isTrue();
    }

    @Test
    void shouldDelayRequestsBehindOthersAndKeepCallersWaiting() {
        List<Integer> order = new ArrayList<>();
        disk.faults().delay(Occasion.next(Operation.WRITE, "a"), SECOND_NS).delay(Occasion.next(Operation.SUBMIT, "*"), 7 * SECOND_NS);
        long startNs = disk.nowNs();
        for (int i = 0; i < 3; i++) {
            int number = i;
            queue.add(new IoRequest(_ -> order.add(number)).write(file, (long) i * BLOCK, filled(i, i)));
        }
        queue.submit();
        assertThat(disk.nowNs() - startNs).isGreaterThanOrEqualTo(7 * SECOND_NS);
        settle();
        assertThat(order).containsExactly(1, 2, 0);

        disk.faults().delay(Occasion.next(Operation.ALLOCATE, "*"), 3 * SECOND_NS);
        startNs = disk.nowNs();
        directory.create("slow", BLOCK);
        assertThat(disk.nowNs() - startNs).isGreaterThanOrEqualTo(3 * SECOND_NS);
    }

    @Test
    void shouldLeaveUnreadableSectorsOnlyWhereNothingWasDurableAndOnlyIfAsked() {
        run(write(file, 0, 1));
        run(request().dataSync(file));
        run(request().write(file, BLOCK, memory(1, 4)));
        DiskSnapshot written = disk.snapshot();
        List<Consumer<SimulatedDisk>> cuts = List.of(SimulatedDisk::crash, cut -> cut.crash(CrashMode.TEAR_UNSYNCED),
            SimulatedDisk::crashSpoiling);
        for (Consumer<SimulatedDisk> cut : cuts) {
            int unreadable = count(seed -> {
                disk = written.disk(seed);
                cut.accept(disk);
                open();
                file = directory.open("a", Access.READ);
                assertThat(reads(0, 1)).isTrue();
                IoRequest read = request().read(file, BLOCK, memory(1, 4));
                queue.add(read);
                queue.awaitSettled(read);
                return read.errno() == Errno.EIO;
            });
            boolean isAsked = cut.equals(cuts.getLast());
            assertThat(unreadable).isBetween(isAsked ? SEEDS / 2 : 0, isAsked ? SEEDS : 0);
        }
    }

    @Test
    void shouldLetATestGoThroughEveryOutcomeOfAPowerCut() {
        run(write(file, 0, 1));
        run(write(file, 3, 2));
        directory.create("new", BLOCK);
        DiskSnapshot written = disk.snapshot();
        TreeSet<String> states = new TreeSet<>();
        for (int code = 0; code < 3 * 3 * 2; code++) {
            int[] digits = {code % 3, code / 3 % 3, code / 9};
            List<String> asked = new ArrayList<>();
            SimulatedDisk cut = written.disk(code);
            cut.crash((what, alternatives) -> {
                asked.add(what);
                return asked.size() > 1 ? digits[asked.size() - 2] : Math.min(alternatives - 1, digits[2]);
            });
            byte[] left = cut.damage(PATH).bytes("a");
            assertThat(isAll(block(left, 0), 1)).isEqualTo(digits[0] == CrashChoice.NEW);
            assertThat(isAll(block(left, 3), 0)).isEqualTo(digits[1] == CrashChoice.OLD);
            assertThat(cut.damage(PATH).names().contains("new")).isEqualTo(digits[2] == CrashChoice.NEW);
            states.add(asked.subList(0, 3).toString());
        }
        assertThat(states).containsExactly("[a changed name, block 0 of a, block 3 of a]");
    }

    @Test
    void shouldSpoilReleasedMemorySoThatALateFetchIsSeen() {
        SimulatedMemory memory = new SimulatedMemory();
        MemorySegment buffer = memory.allocate(BLOCK, BLOCK);
        buffer.fill((byte) 5);
        int spoiled = count(seed -> {
            start(seed, DiskSettings.of(Unfriendliness.rough()));
            file = durableFile("a", 1);
            queue.add(request().write(file, 0, buffer.fill((byte) 5)));
            queue.submit();
            memory.released(buffer);
            settle();
            return bytes("a")[0] == SimulatedMemory.SPOILED;
        });
        assertThat(spoiled).isGreaterThan(SEEDS / 2);
        assertThat(memory.allocated()).isEqualTo(BLOCK);
        memory.free(buffer);
        assertThat(memory.allocated()).isZero();
        assertThatThrownBy(() -> memory.free(buffer)).isInstanceOf(IllegalStateException.class).hasMessageContaining("not lent");
    }
}

package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.engine.checklist.ChildJvm;
import dev.varve.engine.segment.LogLockedException;
import dev.varve.engine.segment.LostLockException;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Fault 29 and campaign T8: there is one writer, whoever tries, whatever happens to the lock file. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockFaultsTest {
    static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 16, 20_000);
    private static final int RACES = Boolean.getBoolean("varve.torture") ? 1000 : 50;
    private static final int ROLL_RECORDS = 40;

    @TempDir(factory = BuildTree.class)
    private Path folder;

    /** Appends until the log fails; how many records were acknowledged. */
    private static RuntimeException appendUntilFailed(WriteAheadLog log) {
        for (int i = 0; i < ROLL_RECORDS; i++) {
            try {
                log.append(new byte[5000]);
            } catch (RuntimeException e) {
                return e;
            }
        }
        return null;
    }

    private static void checkLost(WriteAheadLog log, String what) {
        RuntimeException failure = appendUntilFailed(log);
        assertThat(failure).as(what).isInstanceOfAny(IndeterminateAppendException.class, LogFailedException.class)
            .hasMessageContaining(what);
        assertThat(log.health().state()).isEqualTo(LogHealth.State.FAILED);
        assertThat(log.close(Duration.ofSeconds(30))).isTrue();
    }

    @Test
    void fault29ALockFileThatIsDeletedFailsTheLogAtTheNextRoll() throws IOException {
        WriteAheadLog log = WriteAheadLog.open(folder, CONFIG);
        log.append(new byte[10]);
        assertThat(appendUntilFailed(log)).as("several rolls").isNull();
        Files.delete(folder.resolve(SegmentName.LOCK));
        checkLost(log, "deleted or replaced");
        try (WriteAheadLog again = WriteAheadLog.open(folder, CONFIG)) {
            assertThat(Payloads.all(again).size()).isGreaterThan(ROLL_RECORDS);
        }
    }

    @Test
    void fault29ALockFileThatIsReplacedFailsTheLogAtTheNextRollWithEitherKindOfStorage() throws IOException {
        for (StoragePolicy policy : StoragePolicy.values()) {
            Path directory = folder.resolve(policy.name());
            WriteAheadLog log = WriteAheadLog.open(directory, CONFIG.withStorage(policy));
            log.append(new byte[10]);
            Path other = Files.createFile(directory.resolve("other"));
            Files.move(other, directory.resolve(SegmentName.LOCK), StandardCopyOption.REPLACE_EXISTING);
            checkLost(log, "deleted or replaced");
        }
    }

    @Test
    void fault29AWriterThatFindsALaterEpochFailsAtTheNextRoll() {
        SimulatedDisk disk = new SimulatedDisk(3, DiskSettings.quiet());
        SimulatedLog log = SimulatedLog.open(disk, CONFIG, 1);
        log.offer(new byte[100], AckLevel.DURABLE, null);
        log.drain();
        log.idle(1_000_000_000L);
        byte[] manifest = disk.damage(SimulatedLog.DIRECTORY).bytes(SegmentName.MANIFEST);
        SimulatedDisk other = disk.fork(4);
        other.kill();
        SimulatedLog.open(other, CONFIG, 5);
        byte[] later = other.damage(SimulatedLog.DIRECTORY).bytes(SegmentName.MANIFEST);
        assertThat(later).isNotEqualTo(manifest);
        disk.damage(SimulatedLog.DIRECTORY).overwrite(SegmentName.MANIFEST, 0, later);
        Outcomes outcomes = new Outcomes();
        long taken = 0;
        for (int turn = 0; turn < 100_000 && !log.isFailed(); turn++) {
            taken += log.offer(new byte[5000], AckLevel.DURABLE, outcomes) > 0 ? 1 : 0;
            log.turn();
        }
        assertThat(log.isFailed()).isTrue();
        assertThat(log.parts().position().failure()).hasMessageContaining("epoch").hasCauseInstanceOf(LostLockException.class);
        assertThat(log.parts().roll().rolls()).isZero();
        log.turn();
        assertThat(outcomes.appended().size() + outcomes.failures().size()).isEqualTo((int) taken);
    }

    @Test
    void fault29TheSameLogIsNotOpenedTwiceInOneProcessByWhateverPath() throws IOException {
        Path directory = Files.createDirectory(folder.resolve("log"));
        Path parentLink = Files.createSymbolicLink(folder.resolve("parent"), folder);
        try (WriteAheadLog log = WriteAheadLog.open(directory, CONFIG)) {
            log.append(new byte[10]);
            for (Path path : new Path[] {directory, folder.resolve("log/../log"), parentLink.resolve("log")}) {
                for (StoragePolicy policy : StoragePolicy.values()) {
                    assertThatThrownBy(() -> WriteAheadLog.open(path, CONFIG.withStorage(policy))).isInstanceOf(LogLockedException.class);
                }
            }
            Files.delete(directory.resolve(SegmentName.LOCK));
            assertThatThrownBy(() -> WriteAheadLog.open(directory, CONFIG)).as("the register knows").isInstanceOf(LogLockedException.class);
            assertThat(catchThrowableOfType(RuntimeException.class, log::close)).isNull();
        }
    }

    @Test
    void t8OfTwoProcessesThatRaceToOpenALogAtMostOneHasIt() throws IOException {
        try (Racer first = new Racer(folder); Racer second = new Racer(folder)) {
            int won = 0;
            int both = 0;
            for (int race = 0; race < RACES; race++) {
                first.say("open");
                second.say("open");
                boolean isFirst = first.hears("opened");
                boolean isSecond = second.hears("opened");
                won += isFirst || isSecond ? 1 : 0;
                both += isFirst && isSecond ? 1 : 0;
                first.say("close");
                second.say("close");
                first.hears("closed");
                second.hears("closed");
            }
            System.out.println("T8: " + RACES + " races, " + won + " won by one, " + both + " by both");
            assertThat(both).isZero();
            assertThat(won).as("nobody is kept out by nobody").isEqualTo(RACES);
        }
    }

    @Test
    void t8AProcessThatIsStartedWhileRequestsAreInFlightNeitherHoldsTheLockNorSpoilsABatch() throws Exception {
        WriteAheadLog log = WriteAheadLog.open(folder, CONFIG);
        CompletableFuture<?> appending = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < 500; i++) {
                log.append(AppendOptions.defaults().withLevel(AckLevel.BUFFERED), MemorySegment.ofArray(new byte[3000]));
            }
            log.sync();
        });
        Process child = null;
        for (int i = 0; i < 20 || !appending.isDone(); i++) {
            child = new ProcessBuilder("sleep", "5").start();
        }
        appending.join();
        log.close();
        assertThat(child.isAlive()).isTrue();
        try (WriteAheadLog again = WriteAheadLog.open(folder, CONFIG)) {
            assertThat(Payloads.all(again)).hasSize(500);
        }
    }

    /** A process that opens and closes a log when told to. */
    static final class Racer implements AutoCloseable {
        private final Process process;
        private final BufferedReader in;
        private final PrintStream out;

        Racer(Path directory) throws IOException {
            process = ChildJvm.of(Racer.class, directory).start();
            in = process.inputReader();
            out = new PrintStream(process.getOutputStream(), true);
        }

        void say(String word) {
            out.println(word);
        }

        /** Whether it answers with a word; what else it says must be that the log is locked. */
        boolean hears(String word) throws IOException {
            String line = in.readLine();
            assertThat(line).isIn(word, "locked");
            return word.equals(line);
        }

        /** In the child: the directory is its argument, commands come by standard input. */
        public static void main(String[] arguments) throws IOException {
            WriteAheadLog log = null;
            BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String command = commands.readLine(); command != null; command = commands.readLine()) {
                if (command.equals("open")) {
                    try {
                        log = WriteAheadLog.open(Path.of(arguments[0]), CONFIG);
                        log.append(new byte[10]);
                        System.out.println("opened");
                    } catch (LogLockedException e) {
                        System.out.println("locked");
                    }
                } else {
                    if (log != null) {
                        log.close();
                        log = null;
                    }
                    System.out.println("closed");
                }
            }
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}

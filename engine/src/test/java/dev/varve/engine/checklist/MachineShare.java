package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.aio.AioLimits;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The requests that all processes of this machine have reserved together, {@code fs.aio-nr}, for tests that must see it come back to where
 * it was. They run alone and last, tagged {@code host-wide}, one build at a time under a lock that this object is; of processes that know
 * nothing of the lock some come and go, so one quiet round of a few has to do.
 *
 * <p>Invariant: "as before" means equal, never about equal.
 */
public final class MachineShare implements AutoCloseable {
    private static final int SETTLED_TRIES = 100;
    private static final int SETTLED_PAUSE_MS = 20;
    private static final Pattern SAID = Pattern.compile("(?m)^aio-nr (\\d+) (\\d+)$");

    private final FileChannel lock;

    private MachineShare(FileChannel lock) {
        this.lock = lock;
    }

    /** Waits until no other build looks at the machine's figures. */
    public static MachineShare alone() throws IOException {
        FileChannel lock = FileChannel.open(Path.of(System.getProperty("java.io.tmpdir"), "varve-aio-nr.lock"),
            StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        lock.lock();
        return new MachineShare(lock);
    }

    /** What is reserved now. */
    public static long used() {
        return AioLimits.current().used();
    }

    /** What a round gave that left as much reserved as it found, and how much that was. */
    public record Quiet<T>(T result, long used) {
    }

    /**
     * Runs something until it leaves as much reserved as there was before.
     *
     * @param roundsMax how often at most
     * @param round     what is run; it checks for itself what else there is to be checked, each time
     * @return what the quiet round gave
     */
    public <T> Quiet<T> unchangedBy(int roundsMax, Callable<T> round) throws Exception {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < roundsMax; i++) {
            long before = used();
            T result = round.call();
            // The kernel gives a dead process's contexts back a moment later.
            for (int j = 0; j < SETTLED_TRIES && used() != before; j++) {
                Thread.sleep(SETTLED_PAUSE_MS);
            }
            if (used() == before) {
                return new Quiet<>(result, before);
            }
            seen.add(before + " and " + used());
        }
        throw new AssertionError("fs.aio-nr before and after: " + seen);
    }

    /**
     * The same of a program that looks for itself, before it opens anything and after it has closed everything, and says so by
     * {@link #said}; so that it is the close that gives the share back and not the process's end.
     *
     * @param roundsMax how often at most
     * @param program   gives what the program has said
     * @return what it said in the quiet round
     */
    public Quiet<String> unchangedWithin(int roundsMax, Callable<String> program) throws Exception {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < roundsMax; i++) {
            String output = program.call();
            Matcher numbers = SAID.matcher(output);
            assertThat(numbers.find()).as("what was reserved, in: %s", output).isTrue();
            if (numbers.group(1).equals(numbers.group(2))) {
                return new Quiet<>(output, Long.parseLong(numbers.group(1)));
            }
            seen.add(numbers.group());
        }
        throw new AssertionError("fs.aio-nr before and after: " + seen);
    }

    /** The line by which a program says what was reserved before it began and what is reserved at its end. */
    public static String said(long before) {
        return "aio-nr " + before + " " + used();
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}

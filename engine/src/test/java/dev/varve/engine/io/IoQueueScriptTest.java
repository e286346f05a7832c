package dev.varve.engine.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.IoRequest.Kind;
import dev.varve.engine.io.IoRequest.State;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Random requests over an engine that does at random all that an engine may do. jqwik prints the seed of a failing run. */
class IoQueueScriptTest {
    private static final int BLOCK = FakeFile.BLOCK;
    private static final int REQUESTS = 40;
    private static final int BLOCKS_MAX = 4;

    @Property(tries = 500)
    void shouldCompleteEachRequestOnceWithAllItsBytes(@ForAll long seed) {
        Random random = new Random(seed);
        UnfriendlyEngine engine = new UnfriendlyEngine(random);
        IoQueue queue = new IoQueue(engine);
        int[] completions = new int[REQUESTS];
        List<IoRequest> requests = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            int index = i;
            requests.add(prepare(new IoRequest(_ -> completions[index]++), i, random));
        }
        run(queue, requests, random);

        assertThat(completions).as("completions").containsOnly(1);
        for (IoRequest request : requests) {
            assertOutcome(request, engine);
        }
    }

    /** Each write has a place of its own, {@link #BLOCKS_MAX} blocks long, and bytes of its own. */
    private static IoRequest prepare(IoRequest request, int index, Random random) {
        FakeFile file = new FakeFile("file");
        long length = BLOCK * (1L + random.nextInt(BLOCKS_MAX));
        MemorySegment memory = Arena.ofAuto().allocate(length, BLOCK);
        memory.fill((byte) (index + 1));
        return switch (random.nextInt(4)) {
            case 0 -> request.sync(file);
            case 1 -> request.dataSync(file);
            case 2 -> request.writeDurably(file, (long) index * BLOCKS_MAX * BLOCK, memory);
            default -> request.write(file, (long) index * BLOCKS_MAX * BLOCK, memory);
        };
    }

    private static void run(IoQueue queue, List<IoRequest> requests, Random random) {
        int added = 0;
        for (int round = 0; added < requests.size() || queue.pending() > 0; round++) {
            assertThat(round).as("rounds").isLessThan(10_000);
            for (int burst = random.nextInt(8); burst > 0 && added < requests.size(); burst--) {
                queue.add(requests.get(added++));
            }
            if (random.nextInt(3) > 0) {
                queue.submit();
            }
            queue.reap(random.nextInt(2), 0);
        }
    }

    private static void assertOutcome(IoRequest request, UnfriendlyEngine engine) {
        boolean isWrite = request.kind() == Kind.WRITE;
        if (engine.broken.contains(request)) {
            assertThat(request.state()).isEqualTo(State.FAILED);
            assertThat(request.errno()).isEqualTo(Errno.EBADF);
        } else {
            assertThat(request.state()).isEqualTo(State.DONE);
            assertThat(request.bytes()).isEqualTo(request.length());
            if (isWrite) {
                MemorySegment written = MemorySegment.ofArray(engine.content).asSlice(request.offset(), request.length());
                assertThat(written.mismatch(request.memory())).as("first wrong byte").isEqualTo(-1);
            }
        }
    }

    /** Owned by one thread. Never stalls the same request for long, so that none is given up. */
    private static final class UnfriendlyEngine implements IoEngine {
        private final Random random;
        private final List<IoRequest> inFlight = new ArrayList<>();
        private final Set<IoRequest> broken = new HashSet<>();
        private final byte[] content = new byte[REQUESTS * BLOCKS_MAX * BLOCK];

        private UnfriendlyEngine(Random random) {
            this.random = random;
        }

        @Override
        public int depth() {
            return 6;
        }

        @Override
        public int submit(IoRequest[] requests, int from, int to) {
            assertThat(to - from).isBetween(1, depth() - inFlight.size());
            int taken = 0;
            while (from + taken < to && random.nextInt(6) > 0) {
                IoRequest request = requests[from + taken++];
                assertThat(request.progress() % BLOCK).isZero();
                assertThat(request.address() % BLOCK).isZero();
                request.taken(taken);
                inFlight.add(request);
            }
            return taken > 0 ? taken : refuse(requests[from]);
        }

        private int refuse(IoRequest first) {
            if (random.nextInt(8) == 0) {
                broken.add(first);
                return -Errno.EBADF;
            }
            boolean mayLackMemory = !inFlight.isEmpty() && random.nextBoolean();
            return mayLackMemory ? -Errno.ENOMEM : random.nextBoolean() ? -Errno.EAGAIN : -Errno.EINTR;
        }

        @Override
        public int reap(IoRequest[] done, int min, long timeoutNs) {
            int count = 0;
            while (!inFlight.isEmpty() && random.nextInt(4) > 0) {
                IoRequest request = inFlight.remove(random.nextInt(inFlight.size()));
                request.transferred(transfer(request));
                done[count++] = request;
            }
            return count == 0 && random.nextBoolean() ? -Errno.EINTR : count;
        }

        private long transfer(IoRequest request) {
            int mood = random.nextInt(12);
            if (mood < 2 && request.length() > 0) {
                return mood == 0 ? -Errno.EAGAIN : -Errno.EINTR;
            }
            long left = request.length() - request.progress();
            if (mood == 2 && left > 0) {
                left = random.nextLong(left);
            }
            MemorySegment.copy(request.memory(), ValueLayout.JAVA_BYTE, request.progress(), content,
                (int) (request.offset() + request.progress()), (int) left);
            return left;
        }

        @Override
        public void wakeUp() {
            // Nobody sleeps.
        }

        @Override
        public StorageContract contract() {
            return StorageContract.DIRECT_AIO;
        }

        @Override
        public void close() {
            assertThat(inFlight).isEmpty();
        }
    }
}

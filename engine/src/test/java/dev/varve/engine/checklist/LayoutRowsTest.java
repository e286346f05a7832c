package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.varve.engine.aio.AioEvent;
import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.IoPriority;
import dev.varve.engine.aio.IoVectors;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.ReapLimits;
import dev.varve.engine.aio.RwFlag;
import dev.varve.engine.aio.SharedContext;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.linux.BuildTree;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Rows 16, 21 and 23: what an iocb looks like, by the tracer's reading and by the kernel's header. */
@Timeout(120)
class LayoutRowsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long WORD = 0x1122334455667788L;

    @TempDir(factory = BuildTree.class)
    private Path path;

    private String outputOf(String mode) throws IOException, InterruptedException {
        assumeTrue(ChildJvm.obstacleToTracing() == null, ChildJvm.obstacleToTracing());
        return ChildJvm.of(RowProgram.class, mode, path).traced(path.resolve("trace"), "-e", "trace=io_submit").output();
    }

    private Trace trace() throws IOException {
        return Trace.read(path.resolve("trace"));
    }

    @Test
    void row16EveryFieldArrivesAsItWasMeant() throws Exception {
        String output = outputOf("fields");
        assertThat(output).contains("result 0 4096", "result 1 4096", "result 2 8192", "result 3 8192", "result 4 0", "result 5 0",
            "result 6 4", "counted 1");
        Matcher said = Pattern.compile("fd (\\d+) eventfd (\\d+) memory ([0-9a-f]+)").matcher(output);
        assertThat(said.find()).isTrue();
        String fd = said.group(1);
        String eventfd = said.group(2);

        List<String> calls = trace().matching("IOCB_CMD_PREAD,");
        assertThat(calls).hasSize(1);
        // The tracer leaves out what is zero: key, reserved2, and each of the others where it is not named here.
        assertThat(calls.getFirst())
            .contains("{aio_data=0, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=" + fd + ", aio_buf=0x" + said.group(3)
                + ", aio_nbytes=4096, aio_offset=8192}")
            .containsPattern("\\{aio_data=0x1, aio_rw_flags=RWF_DSYNC, aio_lio_opcode=IOCB_CMD_PWRITE,"
                + " aio_reqprio=IOPRIO_PRIO_VALUE\\(IOPRIO_CLASS_BE, 3\\), aio_fildes=" + fd + ", aio_buf=[^,]*, aio_nbytes=4096,"
                + " aio_offset=12288, aio_flags=IOCB_FLAG_RESFD\\|IOCB_FLAG_IOPRIO, aio_resfd=" + eventfd + "\\}")
            .containsPattern("\\{aio_data=0x2, aio_lio_opcode=IOCB_CMD_PREADV, aio_fildes=" + fd
                + ", aio_buf=\\[\\{iov_base=0x[0-9a-f]+, iov_len=4096\\}, \\{iov_base=0x[0-9a-f]+, iov_len=4096\\}\\], aio_offset=16384\\}")
            .containsPattern("\\{aio_data=0x3, aio_lio_opcode=IOCB_CMD_PWRITEV, aio_fildes=" + fd + ", aio_buf=\\[.*\\], aio_offset=24576\\}")
            .contains("{aio_data=0x4, aio_lio_opcode=IOCB_CMD_FSYNC, aio_fildes=" + fd + "}")
            .contains("{aio_data=0x5, aio_lio_opcode=IOCB_CMD_FDSYNC, aio_fildes=" + fd + "}")
            .contains("{aio_data=0x6, aio_lio_opcode=IOCB_CMD_POLL, aio_fildes=" + eventfd + ", aio_buf=POLLIN|POLLOUT}")
            .endsWith(" = 7");
        Observed.note(16, "7 iocbs read by the tracer: data, rw_flags, opcode, reqprio, fildes, buf, nbytes, offset, flags, resfd as meant; "
            + "key and reserved2 zero");
    }

    @Test
    void row21TheKernelIsNeverAskedForWhatItDoesNotHave() throws Exception {
        assertThat(outputOf("nothings").lines()).containsExactly("DONE 0", "DONE 4096", "DONE 0");
        Trace nothings = trace();
        assertThat(nothings.matching("IOCB_CMD_PWRITE")).hasSize(1);
        assertThat(nothings.matching("io_submit\\(0x[0-9a-f]+, 1, ").size()).isEqualTo(nothings.calls().stream()
            .filter(call -> call.startsWith("io_submit")).count());
        outputOf("fields");
        Set<String> opcodes = new TreeSet<>();
        for (Trace each : List.of(nothings, trace())) {
            Pattern.compile("IOCB_CMD_(\\w+)").matcher(String.join("\n", each.calls())).results().forEach(found -> opcodes.add(found.group(1)));
        }
        assertThat(opcodes).containsExactlyInAnyOrder("PREAD", "PWRITE", "FSYNC", "FDSYNC", "POLL", "PREADV", "PWRITEV");
        Observed.note(21, "sent: " + String.join(", ", opcodes) + "; two requests that do nothing: done without a system call");
    }

    @Test
    void row21ThePollEndsTheWaitOfAThread() throws Exception {
        try (SharedContext<Integer> context = SharedContext.open(4)) {
            Thread ringing = Thread.ofPlatform().start(() -> {
                try {
                    Thread.sleep(150);
                    context.wakeUp();
                } catch (InterruptedException _) {
                    // Then the wait lasts until its timeout, and the test fails.
                }
            });
            long startNs = System.nanoTime();
            assertThat(context.reap(new ArrayList<>(), new ReapLimits(1, 4, 60 * SECOND))).isZero();
            long tookMs = (System.nanoTime() - startNs) / 1_000_000;
            ringing.join();
            assertThat(tookMs).isBetween(140L, 20_000L);
            Observed.note(21, "a wait of 60 s, rung at after 150 ms: over after " + tookMs + " ms");
        }
    }

    /** The 64 bytes, as {@code struct iocb} of the kernel's header has them on x86-64 and aarch64 alike. */
    private record Reference(int rwFlags, int opcode, int priority, int fd, long buffer, long bytes, long offset, int flags, int resultFd) {
        byte[] dump() {
            return ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN).putLong(WORD).putInt(0).putInt(rwFlags).putShort((short) opcode)
                .putShort((short) priority).putInt(fd).putLong(buffer).putLong(bytes).putLong(offset).putLong(0).putInt(flags).putInt(resultFd)
                .array();
        }
    }

    private static byte[] bytes(Iocb iocb) throws ReflectiveOperationException {
        Method encode = Iocb.class.getDeclaredMethod("encode", MemorySegment.class, long.class, long.class);
        encode.setAccessible(true);
        try (Arena arena = Arena.ofConfined()) {
            // What was in the slot before must not be seen.
            MemorySegment slot = arena.allocate(64, 8).fill((byte) 0xaa);
            encode.invoke(iocb, slot, 0L, WORD);
            return slot.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    @Test
    void row23EachBuilderGivesTheBytesOfTheKernelsHeaderAndTheKernelTakesThem() throws Exception {
        try (OpenFile open = new OpenFile(path, 16); SharedContext<Object> context = SharedContext.open(16);
            EventCounter counter = EventCounter.open()) {
            int fd = open.file().descriptor();
            MemorySegment block = open.block(3);
            IoVectors vectors = IoVectors.of(List.of(open.block(5), open.block(7)));
            List<Iocb> built = List.of(Iocb.pread(fd, block, 8192), Iocb.pwrite(fd, block, 4096), Iocb.fsync(fd), Iocb.fdsync(fd),
                Iocb.poll(counter.descriptor(), Iocb.POLLOUT), Iocb.preadv(fd, vectors, 0), Iocb.pwritev(fd, vectors, 16384),
                Iocb.pwrite(fd, block, 32768).withFlags(RwFlag.DSYNC).withPriority(IoPriority.IDLE).withResultCounter(counter));
            long table = ByteBuffer.wrap(bytes(built.get(5))).order(ByteOrder.LITTLE_ENDIAN).getLong(24);
            List<Reference> references = List.of(new Reference(0, 0, 0, fd, block.address(), 4096, 8192, 0, 0),
                new Reference(0, 1, 0, fd, block.address(), 4096, 4096, 0, 0), new Reference(0, 2, 0, fd, 0, 0, 0, 0, 0),
                new Reference(0, 3, 0, fd, 0, 0, 0, 0, 0), new Reference(0, 5, 0, counter.descriptor(), 4, 0, 0, 0, 0),
                new Reference(0, 7, 0, fd, table, 2, 0, 0, 0), new Reference(0, 8, 0, fd, table, 2, 16384, 0, 0),
                new Reference(2, 1, 3 << 13, fd, block.address(), 4096, 32768, 3, counter.descriptor()));
            List<Submission<Object>> batch = new ArrayList<>();
            for (int i = 0; i < built.size(); i++) {
                assertThat(bytes(built.get(i))).as("%s", built.get(i)).isEqualTo(references.get(i).dump());
                batch.add(new Submission<>(built.get(i), new Object()));
            }
            List<AioEvent<Object>> events = new ArrayList<>();
            assertThat(context.submit(batch)).isEqualTo(built.size());
            assertThat(context.reap(events, new ReapLimits(built.size(), built.size(), 20 * SECOND))).isEqualTo(built.size());

            // In C the callback travels in data; here it is whatever object was submitted.
            assertThat(events).extracting(AioEvent::request).containsExactlyInAnyOrderElementsOf(batch.stream().map(Submission::request).toList());
            assertThat(events.stream().map(AioEvent::result).collect(Collectors.toSet())).isEqualTo(Set.of(4096L, 8192L, 0L, 4L));
        }
        Observed.note(23, "8 builders: 64 bytes each equal to the reference, all taken in one call, every object back with its event");
    }
}

package dev.varve.engine.aio.request;

import dev.varve.engine.aio.EventCounter;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.io.Directory;
import dev.varve.engine.linux.BuildTree;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An open file, memory for it and requests of depth 8, on the real kernel and disk. */
abstract class OpenRequests {
    static final int BLOCK = 4096;
    static final int BLOCKS = 256;
    static final Duration LONG = Duration.ofSeconds(30);
    static final long SECOND = 1_000_000_000L;

    @TempDir(factory = BuildTree.class)
    Path path;

    final ExecutorService executor = Executors.newSingleThreadExecutor(task -> new Thread(task, "callbacks"));
    final AsyncIo io = AsyncIo.open(8, executor);
    final RequestMemory memory = RequestMemory.allocate((long) BLOCKS * BLOCK, BLOCK);
    Directory directory;
    AsyncFile file;

    @BeforeEach
    void open() {
        directory = new KernelDisk().openDirectory(path, true);
        file = io.file(directory.create("file", (long) BLOCKS * BLOCK));
    }

    @AfterEach
    void close() {
        io.close();
        file.close();
        directory.close();
        memory.close();
        executor.shutdownNow();
    }

    RequestMemory.Part block(int index) {
        return memory.part((long) index * BLOCK, BLOCK);
    }

    AioRequest write(int index) {
        return file.write((long) index * BLOCK, block(index));
    }

    Operation writeOf(int index) {
        return Operation.write(file, (long) index * BLOCK, block(index));
    }

    AioRequest over(AioRequest request) throws InterruptedException, TimeoutException {
        return io.awaitAny(List.of(request), LONG);
    }

    /** A request that keeps the kernel busy until the counter is added to. */
    AioRequest pollOf(EventCounter counter) {
        return io.submit(Operation.poll(counter.descriptor(), Iocb.POLLIN));
    }

    /** Fills every slot, so that whatever follows is queued until the counter is added to. */
    List<AioRequest> occupyAllSlots(EventCounter counter) {
        return IntStream.range(0, 8).mapToObj(_ -> pollOf(counter)).toList();
    }
}

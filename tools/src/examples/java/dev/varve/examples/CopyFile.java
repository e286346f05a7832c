package dev.varve.examples;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.aio.request.AioRequest;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.RequestMemory;
import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Copies a file past the page cache with a deep queue: many lanes, each of which reads a piece and writes it, while the others do the same.
 *
 * <pre>
 *   lane 0   read ─► write ─► read ─► write ─► …       each step is the callback of the one before;
 *   lane 1   read ─► write ─► read ─► …                no thread waits for a lane
 *   …
 * </pre>
 */
public final class CopyFile {
    private static final int LANES = 32;
    private static final int PIECE = 256 * 1024;

    private final AsyncFile from;
    private final AsyncFile to;
    private final RequestMemory memory;
    private final long length;
    private final AtomicLong next = new AtomicLong();

    private CopyFile(AsyncFile from, AsyncFile to, RequestMemory memory, long length) {
        this.from = from;
        this.to = to;
        this.memory = memory;
        this.length = length;
    }

    /**
     * Runs the example.
     *
     * @param arguments the folder, the name of a file in it, and the copy's name
     * @throws IOException if the copy cannot be cut to its length
     */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 3) {
            System.err.println("usage: CopyFile FOLDER SOURCE TARGET, the last two being names in the folder");
            System.exit(2);
        }
        long bytes = copy(Path.of(arguments[0]), arguments[1], arguments[2]);
        System.out.println("copied " + bytes + " bytes");
    }

    /** Copies, durably; how many bytes. */
    static long copy(Path folder, String source, String target) throws IOException {
        try (ExecutorService executor = Executors.newSingleThreadExecutor();
            Directory directory = new KernelDisk().openDirectory(folder, false);
            RequestMemory memory = RequestMemory.allocate((long) LANES * PIECE, directory.blockSize());
            AsyncIo io = AsyncIo.open(LANES, executor)) {
            IoFile opened = directory.open(source, Directory.Access.READ);
            long length = opened.length();
            // Whole blocks are written; what the last one has too many is cut off afterwards.
            long blocks = Math.max(1, Math.ceilDiv(length, directory.blockSize())) * directory.blockSize();
            try (AsyncFile from = io.file(opened); AsyncFile to = io.file(directory.create(target, blocks))) {
                new CopyFile(from, to, memory, length).run();
                try (FileChannel channel = FileChannel.open(folder.resolve(target), StandardOpenOption.WRITE)) {
                    channel.truncate(length);
                }
                to.sync().future().join();
            }
            directory.sync();
            return length;
        }
    }

    private void run() {
        CompletableFuture<?>[] lanes = new CompletableFuture<?>[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            lanes[lane] = new CompletableFuture<Void>();
            nextPiece(lane, lanes[lane]);
        }
        CompletableFuture.allOf(lanes).join();
    }

    /** Reads the next piece that nobody has, into the lane's own memory, and goes on when it is there. */
    private void nextPiece(int lane, CompletableFuture<?> end) {
        long offset = next.getAndAdd(PIECE);
        if (offset >= length) {
            end.complete(null);
            return;
        }
        long wanted = Math.min(PIECE, length - offset);
        RequestMemory.Part piece = memory.part((long) lane * PIECE, Math.ceilDiv(wanted, from.blockSize()) * from.blockSize());
        from.read(offset, piece).onOver(read -> {
            if (isWhole(read, wanted, end)) {
                to.write(offset, piece).onOver(write -> {
                    if (isWhole(write, piece.length(), end)) {
                        nextPiece(lane, end);
                    }
                });
            }
        });
    }

    /** Whether all bytes went; if not, the lane ends with the reason. */
    private static boolean isWhole(AioRequest request, long wanted, CompletableFuture<?> end) {
        try {
            if (request.result() == wanted) {
                return true;
            }
            end.completeExceptionally(new IllegalStateException(request + " fell short: " + request.result()));
        } catch (RuntimeException e) {
            end.completeExceptionally(e);
        }
        return false;
    }
}

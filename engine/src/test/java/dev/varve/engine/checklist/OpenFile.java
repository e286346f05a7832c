package dev.varve.engine.checklist;

import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.aio.Submission;
import dev.varve.engine.aio.request.AsyncFile;
import dev.varve.engine.aio.request.AsyncIo;
import dev.varve.engine.aio.request.Operation;
import dev.varve.engine.aio.request.RequestMemory;
import dev.varve.engine.io.Directory;
import dev.varve.engine.linux.LinuxFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that was written before, open for direct I/O, and memory for each of its blocks. Prewritten, so that the kernel need not sync
 * behind a caller's back. One thread closes it, when no request is in flight any more.
 */
final class OpenFile implements AutoCloseable {
    static final int BLOCK = 4096;

    private final Directory directory;
    private final LinuxFile file;
    private final RequestMemory memory;
    private final Path path;

    /**
     * Makes the file {@code data} of zeros, or takes it as it is.
     *
     * @param folder a directory
     * @param blocks its length in blocks
     */
    OpenFile(Path folder, int blocks) throws IOException {
        path = folder.resolve("data");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (channel.size() == 0) {
                channel.write(ByteBuffer.allocate(blocks * BLOCK));
                channel.force(true);
            }
        }
        directory = new KernelDisk().openDirectory(folder, true);
        file = (LinuxFile) directory.open("data", Directory.Access.WRITE);
        memory = RequestMemory.allocate((long) blocks * BLOCK, BLOCK);
    }

    Path path() {
        return path;
    }

    Directory directory() {
        return directory;
    }

    LinuxFile file() {
        return file;
    }

    RequestMemory memory() {
        return memory;
    }

    /** The file open for reading only, for writes that the kernel refuses with EBADF. */
    LinuxFile openToRead() {
        return (LinuxFile) directory.open("data", Directory.Access.READ);
    }

    static long offset(int index) {
        return (long) index * BLOCK;
    }

    MemorySegment block(int index) {
        return memory.segment().asSlice(offset(index), BLOCK);
    }

    RequestMemory.Part part(int index) {
        return memory.part(offset(index), BLOCK);
    }

    /** For a context: block {@code index} to its place, known by its index. */
    Submission<Integer> write(int index) {
        return new Submission<>(Iocb.pwrite(file.descriptor(), block(index), offset(index)), index);
    }

    /** The same of another open file. */
    Submission<Integer> write(LinuxFile to, int index) {
        return new Submission<>(Iocb.pwrite(to.descriptor(), block(index), offset(index)), index);
    }

    /** For a context: block {@code index} from its place. */
    Submission<Integer> read(int index) {
        return new Submission<>(Iocb.pread(file.descriptor(), block(index), offset(index)), index);
    }

    /** For requests: block {@code index} to its place. */
    Operation write(AsyncFile to, int index) {
        return Operation.write(to, offset(index), part(index));
    }

    /** The file, taken over by requests: it is closed with what is returned. */
    AsyncFile in(AsyncIo io) {
        return io.file(file);
    }

    @Override
    public void close() {
        file.close();
        directory.close();
        memory.close();
    }
}

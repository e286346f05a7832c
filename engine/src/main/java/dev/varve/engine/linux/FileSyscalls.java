package dev.varve.engine.linux;

import dev.varve.engine.io.Errno;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;
import java.util.List;

/**
 * The system calls on files, directories and their names. Each returns the kernel's value or the error number negated.
 * Those the kernel may interrupt are repeated until they end.
 *
 * <p>Not thread safe: one instance per caller. Names pass through memory of the instance's own; what a call answered by
 * a structure is read from it by {@link #status()}, {@link #fileSystemType()} and the like until the next call.
 */
final class FileSyscalls {
    /** Stands for the working directory; with an absolute path it is not looked at. */
    static final int WORKING_DIRECTORY = -100;

    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int F_GETFL = 3;
    private static final int F_OFD_GETLK = 36;
    private static final int F_OFD_SETLK = 37;
    private static final int PATH_MAX = 4096;
    private static final int ENAMETOOLONG = 36;
    private static final int ANSWER_LENGTH = 32 * 1024;
    /** How the JVM itself writes names, so that both mean the same file. */
    private static final Charset CHARSET = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    private final SyscallGate gate = SyscallGate.open();
    private final MemorySegment memory = gate.memory(2 * PATH_MAX + ANSWER_LENGTH);
    private final MemorySegment firstPath = memory.asSlice(0, PATH_MAX);
    private final MemorySegment secondPath = memory.asSlice(PATH_MAX, PATH_MAX);
    private final MemorySegment answer = memory.asSlice(2 * PATH_MAX, ANSWER_LENGTH);

    /** openat(2), following no symbolic link at the end and not inherited by exec. */
    int openat(int directoryFd, String path, int permissions, OpenFlag... flags) {
        int bits = OpenFlag.bits(gate.abi(), flags) | OpenFlag.bits(gate.abi(), OpenFlag.NO_FOLLOW, OpenFlag.CLOSE_ON_EXEC);
        if (!put(path, firstPath)) {
            return -ENAMETOOLONG;
        }
        int fd;
        do {
            fd = (int) gate.call(SystemCall.OPENAT, directoryFd, firstPath.address(), bits, permissions, 0, 0);
        } while (fd == -Errno.EINTR);
        return fd;
    }

    /** close(2). The descriptor is gone whatever the result, so an interrupted call is not repeated. */
    int close(int fd) {
        return (int) gate.call(SystemCall.CLOSE, fd);
    }

    /** fcntl(2), F_GETFL: whether a file was really opened for direct I/O. */
    boolean isDirect(int fd) {
        long flags = gate.call(SystemCall.FCNTL, fd, F_GETFL);
        return flags >= 0 && (flags & OpenFlag.DIRECT.bits(gate.abi())) != 0;
    }

    /** fchmod(2). */
    int fchmod(int fd, int permissions) {
        return (int) gate.call(SystemCall.FCHMOD, fd, permissions);
    }

    /** fallocate(2), mode 0: space and length. After a failure the file may be partly allocated. */
    int fallocate(int fd, long length) {
        int result;
        do {
            result = (int) gate.call(SystemCall.FALLOCATE, fd, 0, 0, length, 0, 0);
        } while (result == -Errno.EINTR);
        return result;
    }

    /** fsync(2), of a file or a directory. */
    int fsync(int fd) {
        int result;
        do {
            result = (int) gate.call(SystemCall.FSYNC, fd);
        } while (result == -Errno.EINTR);
        return result;
    }

    /** mkdirat(2) of an absolute path. */
    int mkdir(String path, int permissions) {
        if (!put(path, firstPath)) {
            return -ENAMETOOLONG;
        }
        return (int) gate.call(SystemCall.MKDIRAT, WORKING_DIRECTORY, firstPath.address(), permissions);
    }

    /** unlinkat(2) of a file. */
    int unlink(int directoryFd, String name) {
        if (!put(name, firstPath)) {
            return -ENAMETOOLONG;
        }
        return (int) gate.call(SystemCall.UNLINKAT, directoryFd, firstPath.address(), 0);
    }

    /** renameat2(2) inside one directory, replacing the target. */
    int rename(int directoryFd, String from, String to) {
        if (!put(from, firstPath) || !put(to, secondPath)) {
            return -ENAMETOOLONG;
        }
        return (int) gate.call(SystemCall.RENAMEAT2,
            directoryFd, firstPath.address(), directoryFd, secondPath.address(), 0, 0);
    }

    /** statx(2) of an open file; {@link #status()} has the answer. */
    int statx(int fd) {
        return statx(fd, "", AT_EMPTY_PATH);
    }

    /** statx(2) of a name, which may be a symbolic link; {@link #status()} has the answer. */
    int statx(int directoryFd, String name) {
        return statx(directoryFd, name, AT_SYMLINK_NOFOLLOW);
    }

    private int statx(int fd, String name, int flags) {
        if (!put(name, firstPath)) {
            return -ENAMETOOLONG;
        }
        int mask = StatxDescriptor.MASK_BASIC | StatxDescriptor.MASK_DIOALIGN | StatxDescriptor.MASK_WRITE_ATOMIC
            | StatxDescriptor.MASK_DIO_READ_ALIGN;
        return (int) gate.call(SystemCall.STATX, fd, firstPath.address(), flags, mask, answer.address(), 0);
    }

    /** What the last successful {@code statx} answered. */
    FileStatus status() {
        return StatxDescriptor.decode(answer);
    }

    /** The longest atomic write, in bytes, that the last successful {@code statx} answered; 0 if there are none. */
    long atomicWriteLengthMax() {
        return StatxDescriptor.atomicWriteLengthMax(answer);
    }

    /** fstatfs(2); {@link #fileSystemType()} and {@link #fileSystemBlockSize()} have the answer. */
    int fstatfs(int fd) {
        int result;
        do {
            result = (int) gate.call(SystemCall.FSTATFS, fd, answer.address());
        } while (result == -Errno.EINTR);
        return result;
    }

    /** The magic number that the last successful {@code fstatfs} answered. */
    long fileSystemType() {
        return StatfsDescriptor.type(answer);
    }

    /** The block size in bytes that the last successful {@code fstatfs} answered. */
    long fileSystemBlockSize() {
        return StatfsDescriptor.blockSize(answer);
    }

    /** getdents64(2) to the end: adds every name of a directory that was just opened. */
    int list(int fd, List<String> names) {
        while (true) {
            int length = (int) gate.call(SystemCall.GETDENTS64, fd, answer.address(), ANSWER_LENGTH);
            if (length <= 0) {
                return length;
            }
            for (int at = 0; at < length; at += DirentDescriptor.length(answer, at)) {
                names.add(DirentDescriptor.name(answer, at, CHARSET));
            }
        }
    }

    /** fcntl(2), F_OFD_SETLK: locks a whole file that is open for writing, for its open file description. */
    int lock(int fd) {
        return lockCall(fd, F_OFD_SETLK);
    }

    /** fcntl(2), F_OFD_GETLK: 1 if another open file description, or process, holds a lock of the file, else 0. */
    int isLocked(int fd) {
        int result = lockCall(fd, F_OFD_GETLK);
        if (result < 0) {
            return result;
        }
        return FlockDescriptor.type(answer) == FlockDescriptor.TYPE_UNLOCKED ? 0 : 1;
    }

    private int lockCall(int fd, int command) {
        FlockDescriptor.encodeWholeFile(answer);
        int result;
        do {
            result = (int) gate.call(SystemCall.FCNTL, fd, command, answer.address());
        } while (result == -Errno.EINTR);
        return result;
    }

    /** Writes a path as the kernel reads it; false if it does not fit. */
    private static boolean put(String path, MemorySegment into) {
        byte[] bytes = path.getBytes(CHARSET);
        if (path.indexOf(0) >= 0) {
            throw new IllegalArgumentException("a path cannot contain a zero byte");
        }
        if (bytes.length >= into.byteSize()) {
            return false;
        }
        MemorySegment.copy(bytes, 0, into, ValueLayout.JAVA_BYTE, 0, bytes.length);
        into.set(ValueLayout.JAVA_BYTE, bytes.length, (byte) 0);
        return true;
    }
}

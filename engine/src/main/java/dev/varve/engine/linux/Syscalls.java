package dev.varve.engine.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The system calls of asynchronous I/O and its memory. Each returns the kernel's value or the error number negated;
 * none throws for an error.
 *
 * <p>Not thread safe: one instance per caller. Addresses are plain numbers; whoever passes one keeps its memory alive
 * during the call, and for a data buffer until its completion.
 */
public final class Syscalls {
    private static final int PROT_READ_WRITE = 0x3;
    private static final int MAP_SHARED_ANONYMOUS = 0x21;
    private static final int EFD_CLOEXEC_NONBLOCK = 0x80800;

    private final SyscallGate gate;
    private final MemorySegment word;

    private Syscalls(SyscallGate gate) {
        this.gate = gate;
        this.word = gate.memory(Long.BYTES);
    }

    /**
     * Makes an instance for one caller.
     *
     * @return the system calls
     * @throws dev.varve.engine.io.StorageContractException if the platform or the JVM does not allow native calls
     */
    public static Syscalls open() {
        return new Syscalls(SyscallGate.open());
    }

    /**
     * Makes an AIO context.
     *
     * @param depth how many requests it takes at once
     * @return the context's id, which is an address in user space; or -EAGAIN, -EINVAL, -ENOMEM, -ENOSYS, -EPERM
     * @see <a href="https://man7.org/linux/man-pages/man2/io_setup.2.html">io_setup(2)</a>
     */
    public long ioSetup(int depth) {
        // The kernel refuses a cell that is not zero, so that no context is overwritten.
        word.set(ValueLayout.JAVA_LONG, 0, 0);
        long result = gate.call(SystemCall.IO_SETUP, depth, word.address());
        long context = word.get(ValueLayout.JAVA_LONG, 0);
        return result < 0 ? result : context;
    }

    /**
     * Ends a context. Blocks until its file I/O is over; polls are cancelled. The id may be given out again at once.
     *
     * @param context the id
     * @return 0, or -EINVAL
     * @see <a href="https://man7.org/linux/man-pages/man2/io_destroy.2.html">io_destroy(2)</a>
     */
    public int ioDestroy(long context) {
        return (int) gate.call(SystemCall.IO_DESTROY, context);
    }

    /**
     * Submits iocbs in order, up to the first that is refused.
     *
     * @param context  the id
     * @param count    how many
     * @param pointers address of an array of iocb addresses; writable iocbs, since the kernel clears their key
     * @return how many were taken, or the first one's error negated
     * @see <a href="https://man7.org/linux/man-pages/man2/io_submit.2.html">io_submit(2)</a>
     */
    public int ioSubmit(long context, int count, long pointers) {
        return (int) gate.call(SystemCall.IO_SUBMIT, context, count, pointers);
    }

    /**
     * Collects events in order of completion. Five parameters because the kernel has them.
     *
     * @param context  the id
     * @param min      how many to wait for; 0 never blocks
     * @param max      how many fit
     * @param events   address of an array of io_event
     * @param timespec address of a relative timeout, not negative, since the kernel takes that for "for ever"
     * @return how many were collected, or -EINTR, -EINVAL, -EFAULT
     * @see <a href="https://man7.org/linux/man-pages/man2/io_getevents.2.html">io_getevents(2)</a>
     */
    public int ioGetevents(long context, int min, int max, long events, long timespec) {
        return (int) gate.call(SystemCall.IO_GETEVENTS, context, min, max, events, timespec, 0);
    }

    /**
     * Makes an event counter that never blocks and is not inherited by exec.
     *
     * @return its file descriptor, or -EMFILE, -ENFILE, -ENOMEM
     * @see <a href="https://man7.org/linux/man-pages/man2/eventfd.2.html">eventfd(2)</a>
     */
    public int eventfd() {
        return (int) gate.call(SystemCall.EVENTFD2, 0, EFD_CLOEXEC_NONBLOCK);
    }

    /**
     * Adds one to an event counter.
     *
     * @param fd the counter
     * @return 8, or -EAGAIN if the counter is at its maximum
     */
    public int increment(int fd) {
        word.set(ValueLayout.JAVA_LONG, 0, 1);
        return (int) gate.call(SystemCall.WRITE, fd, word.address(), Long.BYTES);
    }

    /**
     * Reads an event counter and sets it to zero.
     *
     * @param fd the counter
     * @return 8, or -EAGAIN if it was zero
     */
    public int reset(int fd) {
        return (int) gate.call(SystemCall.READ, fd, word.address(), Long.BYTES);
    }

    /**
     * Closes a file descriptor. It is closed whatever the result.
     *
     * @param fd the descriptor
     * @return 0 or an error
     * @see <a href="https://man7.org/linux/man-pages/man2/close.2.html">close(2)</a>
     */
    public int close(int fd) {
        return (int) gate.call(SystemCall.CLOSE, fd);
    }

    /**
     * Maps zeroed memory, shared and anonymous.
     *
     * @param length bytes
     * @return its page-aligned address, or -ENOMEM
     * @see <a href="https://man7.org/linux/man-pages/man2/mmap.2.html">mmap(2)</a>
     */
    long mmap(long length) {
        return gate.call(SystemCall.MMAP, 0, length, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, -1, 0);
    }

    /**
     * Unmaps what {@link #mmap} mapped.
     *
     * @param address its address
     * @param length  its length, in bytes
     * @return 0, or -EINVAL
     */
    int munmap(long address, long length) {
        return (int) gate.call(SystemCall.MUNMAP, address, length);
    }
}

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
    private static final int EPOLL_CLOEXEC = 0x80000;

    private final SyscallGate gate;
    private final MemorySegment word;
    /** An io_event: old kernels answered io_cancel in one. */
    private final MemorySegment event;

    private Syscalls(SyscallGate gate) {
        this.gate = gate;
        this.word = gate.memory(Long.BYTES);
        this.event = gate.memory(4 * Long.BYTES);
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
     * As {@link #ioGetevents}, with another signal mask while it waits. Six parameters because the kernel has them.
     *
     * @param context  the id
     * @param min      how many to wait for; 0 never blocks
     * @param max      how many fit
     * @param events   address of an array of io_event
     * @param timespec address of a relative timeout, not negative
     * @param sigset   address of the mask's address and length
     * @return how many were collected, or -EINTR, -EINVAL, -EFAULT
     * @see <a href="https://man7.org/linux/man-pages/man2/io_getevents.2.html">io_getevents(2)</a>
     */
    public int ioPgetevents(long context, int min, int max, long events, long timespec, long sigset) {
        return (int) gate.call(SystemCall.IO_PGETEVENTS, context, min, max, events, timespec, sigset);
    }

    /**
     * Asks for a request in flight to be cancelled. Only polls can be; their event comes as ever, soon.
     *
     * @param context the id
     * @param iocb    address of the iocb it was submitted by
     * @return -EINPROGRESS if it is being cancelled, -EINVAL if it cannot be
     * @see <a href="https://man7.org/linux/man-pages/man2/io_cancel.2.html">io_cancel(2)</a>, which describes results of old kernels
     */
    public int ioCancel(long context, long iocb) {
        return (int) gate.call(SystemCall.IO_CANCEL, context, iocb, event.address());
    }

    /**
     * Makes an epoll instance that is not inherited by exec.
     *
     * @return its file descriptor, or -EMFILE, -ENFILE, -ENOMEM
     * @see <a href="https://man7.org/linux/man-pages/man2/epoll_create.2.html">epoll_create1(2)</a>
     */
    public int epollCreate() {
        return (int) gate.call(SystemCall.EPOLL_CREATE1, EPOLL_CLOEXEC);
    }

    /**
     * Changes what an epoll instance watches.
     *
     * @param epoll     the instance
     * @param operation EPOLL_CTL_ADD and the like
     * @param fd        the descriptor concerned
     * @param event     address of an epoll_event
     * @return 0 or an error
     * @see <a href="https://man7.org/linux/man-pages/man2/epoll_ctl.2.html">epoll_ctl(2)</a>
     */
    public int epollCtl(int epoll, int operation, int fd, long event) {
        return (int) gate.call(SystemCall.EPOLL_CTL, epoll, operation, fd, event, 0, 0);
    }

    /**
     * Waits until something watched is ready.
     *
     * @param epoll     the instance
     * @param events    address of an array of epoll_event
     * @param max       how many fit, from 1
     * @param timeoutMs how long to wait; -1 for ever
     * @return how many are ready, or -EINTR
     * @see <a href="https://man7.org/linux/man-pages/man2/epoll_wait.2.html">epoll_pwait(2)</a>
     */
    public int epollWait(int epoll, long events, int max, int timeoutMs) {
        return (int) gate.call(SystemCall.EPOLL_PWAIT, epoll, events, max, timeoutMs, 0, 0);
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
     * As {@link #reset}, telling what the counter was.
     *
     * @param fd the counter
     * @return the count, from 1, or -EAGAIN if it was zero
     */
    public long count(int fd) {
        int result = reset(fd);
        return result < 0 ? result : word.get(ValueLayout.JAVA_LONG, 0);
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

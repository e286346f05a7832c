package dev.varve.engine.aio;

import java.lang.foreign.MemorySegment;
import java.util.Set;

/**
 * One request as the kernel takes it: every opcode, every flag, nothing added and nothing left out.
 *
 * <pre>
 *   Iocb.pwrite(fd, memory, offset).withFlags(RwFlag.DSYNC).withPriority(IoPriority.IDLE).withResultCounter(counter)
 *   └── target, memory, place ────┘└── options, each giving a new iocb ─────────────────────────────────────────┘
 * </pre>
 *
 * <p>A submission copies it: it may be submitted any number of times, and be moved to another place in between ({@code moveTo}), which
 * allocates nothing. But for that it is immutable; any thread, one at a time where it is moved.
 *
 * <p>Checked here is what would make the kernel touch memory that is not the caller's to give; the rest is the kernel's to refuse, by the
 * return of a submission or by the event. Direct I/O needs memory, offset and length aligned; that is not looked at here, since a
 * descriptor does not say what it is aligned to.
 *
 * <p>The memory belongs to the kernel from the submission to the event; the context keeps it reachable, but cannot keep somebody from
 * closing its arena.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/io_submit.2.html">io_submit(2)</a>
 */
public final class Iocb {
    private final int opcode;
    private final int descriptor;
    private final Options options;
    /** Three words that mean something else to each opcode, and whatever holds the memory they speak of. */
    private long buffer;
    private long bytes;
    private long offset;
    private Object memory = MemorySegment.NULL;

    /** What may be added to a request. */
    private record Options(int rwFlags, int flags, int priority, int resultDescriptor) {
        static final Options NONE = new Options(0, 0, 0, 0);
    }

    private Iocb(int opcode, int descriptor, Options options) {
        this.opcode = opcode;
        this.descriptor = descriptor;
        this.options = options;
    }

    /**
     * Reads into memory.
     *
     * @param descriptor the file
     * @param into       native memory, filled from its start; its length is what is asked for
     * @param offset     where in the file, in bytes
     * @return the iocb
     */
    public static Iocb pread(int descriptor, MemorySegment into, long offset) {
        return new Iocb(IocbDescriptor.PREAD, descriptor, Options.NONE).moveTo(into, offset);
    }

    /**
     * Writes memory.
     *
     * @param descriptor the file
     * @param from       native memory
     * @param offset     where in the file, in bytes
     * @return the iocb
     */
    public static Iocb pwrite(int descriptor, MemorySegment from, long offset) {
        return new Iocb(IocbDescriptor.PWRITE, descriptor, Options.NONE).moveTo(from, offset);
    }

    /**
     * Reads into several pieces of memory, one after the other.
     *
     * @param descriptor the file
     * @param into       the pieces, each of which may be written
     * @param offset     where in the file, in bytes
     * @return the iocb
     */
    public static Iocb preadv(int descriptor, IoVectors into, long offset) {
        return new Iocb(IocbDescriptor.PREADV, descriptor, Options.NONE).moveTo(into, offset);
    }

    /**
     * Writes several pieces of memory, one after the other.
     *
     * @param descriptor the file
     * @param from       the pieces
     * @param offset     where in the file, in bytes
     * @return the iocb
     */
    public static Iocb pwritev(int descriptor, IoVectors from, long offset) {
        return new Iocb(IocbDescriptor.PWRITEV, descriptor, Options.NONE).moveTo(from, offset);
    }

    /**
     * Has a read or write of one piece go elsewhere when it is submitted next. What was submitted already is not touched.
     *
     * @param other        native memory; its length is what is asked for
     * @param offsetInFile where in the file, in bytes
     * @return this
     * @throws IllegalStateException    if this is no {@link #pread} and no {@link #pwrite}
     * @throws IllegalArgumentException if the memory is on the Java heap, freed, or may not be read into
     */
    public Iocb moveTo(MemorySegment other, long offsetInFile) {
        checkOpcode(IocbDescriptor.PREAD, IocbDescriptor.PWRITE);
        IoVectors.checkNative(other);
        checkMayBeWritten(other.isReadOnly(), other);
        move(other, other.address(), other.byteSize());
        offset = offsetInFile;
        return this;
    }

    /**
     * Has a read or write of several pieces go elsewhere when it is submitted next. What was submitted already is not touched.
     *
     * @param others       the pieces
     * @param offsetInFile where in the file, in bytes
     * @return this
     * @throws IllegalStateException    if this is no {@link #preadv} and no {@link #pwritev}
     * @throws IllegalArgumentException if one of the pieces may not be read into
     */
    public Iocb moveTo(IoVectors others, long offsetInFile) {
        checkOpcode(IocbDescriptor.PREADV, IocbDescriptor.PWRITEV);
        checkMayBeWritten(others.hasReadOnly(), others);
        move(others, others.address(), others.count());
        offset = offsetInFile;
        return this;
    }

    private void checkOpcode(int read, int write) {
        if (opcode != read && opcode != write) {
            throw new IllegalStateException("cannot be moved there: " + this);
        }
    }

    private void checkMayBeWritten(boolean isReadOnly, Object what) {
        boolean isRead = opcode == IocbDescriptor.PREAD || opcode == IocbDescriptor.PREADV;
        if (isRead && isReadOnly) {
            throw new IllegalArgumentException("memory may not be read into: " + what);
        }
    }

    private void move(Object holder, long address, long length) {
        memory = holder;
        buffer = address;
        bytes = length;
    }

    /**
     * Syncs a file or directory, with all metadata. It covers only writes whose events were reaped before this is submitted.
     *
     * @param descriptor the file or directory
     * @return the iocb
     */
    public static Iocb fsync(int descriptor) {
        return new Iocb(IocbDescriptor.FSYNC, descriptor, Options.NONE);
    }

    /**
     * Syncs a file's data with what is needed to read it. It covers only writes whose events were reaped before this is submitted.
     *
     * @param descriptor the file or directory
     * @return the iocb
     */
    public static Iocb fdsync(int descriptor) {
        return new Iocb(IocbDescriptor.FDSYNC, descriptor, Options.NONE);
    }

    /**
     * Completes once, when a descriptor is ready; the event's result is what it is ready for, in the same bits. The one request the kernel
     * can cancel in flight, with a result of 0.
     *
     * @param descriptor any descriptor that can be polled: eventfd, pipe, socket
     * @param events     bits of poll(2), such as {@link #POLLIN}
     * @return the iocb
     * @see <a href="https://man7.org/linux/man-pages/man2/poll.2.html">poll(2)</a>
     */
    public static Iocb poll(int descriptor, int events) {
        Iocb poll = new Iocb(IocbDescriptor.POLL, descriptor, Options.NONE);
        poll.buffer = events & 0xffff;
        return poll;
    }

    /** Of a poll: there is something to read. */
    public static final int POLLIN = IocbDescriptor.POLLIN;
    /** Of a poll: writing would not wait. */
    public static final int POLLOUT = 0x4;

    /**
     * The same with these RWF flags, in place of those it had.
     *
     * @param rwFlags for a read or write; the kernel refuses them on any other with EINVAL, and those it or the file lacks with EOPNOTSUPP
     * @return a new iocb
     */
    public Iocb withFlags(RwFlag... rwFlags) {
        return with(new Options(RwFlag.bits(Set.of(rwFlags)), options.flags, options.priority, options.resultDescriptor));
    }

    /**
     * The same with an I/O priority, where none means that of the submitting thread.
     *
     * @param priority for a read or write; realtime needs CAP_SYS_NICE, else the kernel refuses it with EPERM
     * @return a new iocb
     */
    public Iocb withPriority(IoPriority priority) {
        return with(new Options(options.rwFlags, options.flags | IocbDescriptor.FLAG_IOPRIO, priority.word(), options.resultDescriptor));
    }

    /**
     * The same with a counter that the kernel adds one to when the request is over.
     *
     * @param counter the counter, open until this is submitted
     * @return a new iocb
     */
    public Iocb withResultCounter(EventCounter counter) {
        return with(new Options(options.rwFlags, options.flags | IocbDescriptor.FLAG_RESFD, options.priority, counter.descriptor()));
    }

    private Iocb with(Options changed) {
        Iocb other = new Iocb(opcode, descriptor, changed);
        other.move(memory, buffer, bytes);
        other.offset = offset;
        return other;
    }

    /** What holds its memory; as long as this is reachable, so is that. */
    Object memory() {
        return memory;
    }

    /** Refuses memory that was freed since the iocb was made. */
    void checkAlive() {
        boolean isAlive = memory instanceof MemorySegment segment ? segment.scope().isAlive() : ((IoVectors) memory).isAlive();
        if (!isAlive) {
            throw new IllegalStateException("memory of an iocb is freed: " + memory);
        }
    }

    /** Writes all 64 bytes as the kernel reads them. */
    void encode(MemorySegment into, long at, long word) {
        IocbDescriptor.data(into, at, word);
        IocbDescriptor.key(into, at, 0);
        IocbDescriptor.rwFlags(into, at, options.rwFlags);
        IocbDescriptor.opcode(into, at, opcode);
        IocbDescriptor.priority(into, at, options.priority);
        IocbDescriptor.descriptor(into, at, descriptor);
        IocbDescriptor.buffer(into, at, buffer);
        IocbDescriptor.bytes(into, at, bytes);
        IocbDescriptor.fileOffset(into, at, offset);
        IocbDescriptor.reserved(into, at, 0);
        IocbDescriptor.flags(into, at, options.flags);
        IocbDescriptor.resultDescriptor(into, at, options.resultDescriptor);
    }

    @Override
    public String toString() {
        return "iocb opcode=" + opcode + " fd=" + descriptor + " bytes=" + bytes + " offset=" + offset;
    }
}

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
 * <p>Immutable; any thread. Checked here is what would make the kernel touch memory that is not the caller's to give; the rest is the
 * kernel's to refuse, by the return of a submission or by the event. Direct I/O needs memory, offset and length aligned; that is not
 * looked at here, since a descriptor does not say what it is aligned to.
 *
 * <p>The memory belongs to the kernel from the submission to the event; the iocb keeps it reachable, but cannot keep somebody from closing
 * its arena.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/io_submit.2.html">io_submit(2)</a>
 */
public final class Iocb {
    private final Target target;
    private final Range range;
    private final Options options;

    /** What is asked, and of which descriptor. */
    private record Target(int opcode, int descriptor) {
    }

    /** The three words that mean something else to each opcode, and whatever holds the memory they speak of. */
    private record Range(long buffer, long bytes, long offset, Object memory) {
        static final Range NONE = new Range(0, 0, 0, MemorySegment.NULL);
    }

    /** What may be added to a request. */
    private record Options(int rwFlags, int flags, int priority, int resultDescriptor) {
        static final Options NONE = new Options(0, 0, 0, 0);
    }

    private Iocb(Target target, Range range, Options options) {
        this.target = target;
        this.range = range;
        this.options = options;
    }

    private static Iocb of(int opcode, int descriptor, Range range) {
        return new Iocb(new Target(opcode, descriptor), range, Options.NONE);
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
        if (into.isReadOnly()) {
            throw new IllegalArgumentException("memory may not be read into: " + into);
        }
        return of(IocbDescriptor.PREAD, descriptor, range(into, offset));
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
        return of(IocbDescriptor.PWRITE, descriptor, range(from, offset));
    }

    private static Range range(MemorySegment memory, long offset) {
        IoVectors.checkNative(memory);
        return new Range(memory.address(), memory.byteSize(), offset, memory);
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
        if (into.hasReadOnly()) {
            throw new IllegalArgumentException("memory may not be read into: " + into);
        }
        return of(IocbDescriptor.PREADV, descriptor, new Range(into.address(), into.count(), offset, into));
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
        return of(IocbDescriptor.PWRITEV, descriptor, new Range(from.address(), from.count(), offset, from));
    }

    /**
     * Syncs a file or directory, with all metadata. It covers only writes whose events were reaped before this is submitted.
     *
     * @param descriptor the file or directory
     * @return the iocb
     */
    public static Iocb fsync(int descriptor) {
        return of(IocbDescriptor.FSYNC, descriptor, Range.NONE);
    }

    /**
     * Syncs a file's data with what is needed to read it. It covers only writes whose events were reaped before this is submitted.
     *
     * @param descriptor the file or directory
     * @return the iocb
     */
    public static Iocb fdsync(int descriptor) {
        return of(IocbDescriptor.FDSYNC, descriptor, Range.NONE);
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
        return of(IocbDescriptor.POLL, descriptor, new Range(events & 0xffff, 0, 0, MemorySegment.NULL));
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
        return new Iocb(target, range, changed);
    }

    /** Whether the kernel can cancel it. */
    boolean isPoll() {
        return target.opcode == IocbDescriptor.POLL;
    }

    /** Refuses memory that was freed since the iocb was made. */
    void checkAlive() {
        if (range.memory instanceof MemorySegment memory ? !memory.scope().isAlive() : !((IoVectors) range.memory).isAlive()) {
            throw new IllegalStateException("memory of an iocb is freed: " + range.memory);
        }
    }

    /** Writes all 64 bytes as the kernel reads them. */
    void encode(MemorySegment memory, long at, long word) {
        IocbDescriptor.data(memory, at, word);
        IocbDescriptor.key(memory, at, 0);
        IocbDescriptor.rwFlags(memory, at, options.rwFlags);
        IocbDescriptor.opcode(memory, at, target.opcode);
        IocbDescriptor.priority(memory, at, options.priority);
        IocbDescriptor.descriptor(memory, at, target.descriptor);
        IocbDescriptor.buffer(memory, at, range.buffer);
        IocbDescriptor.bytes(memory, at, range.bytes);
        IocbDescriptor.fileOffset(memory, at, range.offset);
        IocbDescriptor.reserved(memory, at, 0);
        IocbDescriptor.flags(memory, at, options.flags);
        IocbDescriptor.resultDescriptor(memory, at, options.resultDescriptor);
    }

    @Override
    public String toString() {
        return "iocb opcode=" + target.opcode + " fd=" + target.descriptor + " bytes=" + range.bytes + " offset=" + range.offset;
    }
}

package dev.varve.engine.aio.request;

import dev.varve.engine.aio.IoPriority;
import dev.varve.engine.aio.IoVectors;
import dev.varve.engine.aio.Iocb;
import dev.varve.engine.aio.RwFlag;
import dev.varve.engine.io.MisalignedRequestException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Set;

/**
 * What is asked for. Immutable, and may be submitted any number of times, one after the other, which costs no more than the request; any
 * thread.
 *
 * <p>A transfer is one system request: like read(2) and write(2) it may fall short, which its result tells.
 */
public final class Operation {
    /** What is done. */
    public enum Kind {
        /** Reads from a file into memory. */
        READ,
        /** Writes memory to a file. */
        WRITE,
        /** Makes durable all that was asked to be written before, with all metadata. */
        SYNC,
        /** Makes durable all that was asked to be written before, with what is needed to read it. */
        DATA_SYNC,
        /** Waits until a descriptor is ready. */
        POLL,
        /** Does nothing, and is over at once. */
        NOTHING
    }

    private final Target target;
    private final Transfer transfer;
    private final Options options;
    /** As the kernel takes it; null for what it has no request for. */
    private final Iocb iocb;

    private record Target(Kind kind, AsyncFile file, int descriptor, int events) {
    }

    @SuppressWarnings("ArrayRecordComponent") // Nobody compares or changes it.
    private record Transfer(long offset, RequestMemory.Part[] parts) {
        static final Transfer NONE = new Transfer(0, new RequestMemory.Part[0]);
    }

    private record Options(Set<RwFlag> flags, IoPriority priority, long tag) {
        static final Options NONE = new Options(Set.of(), null, 0);
    }

    private Operation(Target target, Transfer transfer, Options options) {
        this.target = target;
        this.transfer = transfer;
        this.options = options;
        this.iocb = target.kind == Kind.NOTHING ? null : newIocb();
    }

    private static Operation of(Kind kind, AsyncFile file, Transfer transfer) {
        return new Operation(new Target(kind, file, -1, 0), transfer, Options.NONE);
    }

    /**
     * Reads from a file.
     *
     * @param file   the file
     * @param offset where in it, in bytes
     * @param into   where to, one part after the other
     * @return the operation; its result is the number of bytes, fewer only at the end of the file
     * @throws MisalignedRequestException if the offset, or address or length of a part, is no multiple of the file's block size
     */
    public static Operation read(AsyncFile file, long offset, RequestMemory.Part... into) {
        return transfer(Kind.READ, file, new Transfer(offset, into.clone()));
    }

    /**
     * Writes to a file.
     *
     * @param file   the file
     * @param offset where in it, in bytes
     * @param from   where from, one part after the other
     * @return the operation; its result is the number of bytes, fewer only where a limit or a quota ends
     * @throws MisalignedRequestException if the offset, or address or length of a part, is no multiple of the file's block size
     */
    public static Operation write(AsyncFile file, long offset, RequestMemory.Part... from) {
        return transfer(Kind.WRITE, file, new Transfer(offset, from.clone()));
    }

    private static Operation transfer(Kind kind, AsyncFile file, Transfer transfer) {
        int count = transfer.parts.length;
        if (count == 0 || count > IoVectors.COUNT_MAX) {
            throw new IllegalArgumentException(count + " parts of memory; a request takes from 1 to " + IoVectors.COUNT_MAX);
        }
        long mask = file.blockSize() - 1L;
        for (RequestMemory.Part part : transfer.parts) {
            long address = part.memory().segment().address() + part.at();
            if (((address | part.length() | transfer.offset) & mask) != 0 || transfer.offset < 0) {
                throw new MisalignedRequestException(kind + " of " + file.path() + " is misaligned: memory address 0x"
                    + Long.toHexString(address) + ", offset " + transfer.offset + ", length " + part.length()
                    + " must each be a multiple of " + file.blockSize());
            }
        }
        return of(kind, file, transfer);
    }

    /**
     * Syncs a file. It is given to the kernel when every write to the file that was submitted before it is over; whether those succeeded,
     * their own results tell.
     *
     * @param file the file
     * @return the operation; its result is 0
     */
    public static Operation sync(AsyncFile file) {
        return of(Kind.SYNC, file, Transfer.NONE);
    }

    /**
     * As {@link #sync}, without metadata that reading does not need.
     *
     * @param file the file
     * @return the operation; its result is 0
     */
    public static Operation dataSync(AsyncFile file) {
        return of(Kind.DATA_SYNC, file, Transfer.NONE);
    }

    /**
     * Waits until a descriptor is ready: an event counter's, a pipe's, a socket's.
     *
     * @param descriptor the descriptor, open until the request is over
     * @param events     bits of poll(2), such as {@link Iocb#POLLIN}
     * @return the operation; its result is what the descriptor is ready for, in the same bits
     */
    public static Operation poll(int descriptor, int events) {
        return new Operation(new Target(Kind.POLL, null, descriptor, events), Transfer.NONE, Options.NONE);
    }

    /**
     * Does nothing.
     *
     * @return the operation; its result is 0, and the kernel does not hear of it
     */
    public static Operation nothing() {
        return of(Kind.NOTHING, null, Transfer.NONE);
    }

    /**
     * The same with flags, in place of those it had.
     *
     * @param flags for a read or write; APPEND is refused, since it would make the offset meaningless; ATOMIC is for a write whose length
     *              is a power of two within {@link AsyncFile#atomicWriteLengthMax} and whose offset is a multiple of it
     * @return a new operation
     */
    public Operation withFlags(RwFlag... flags) {
        Set<RwFlag> all = Set.of(flags);
        if (!isTransfer() || all.contains(RwFlag.APPEND)) {
            throw new IllegalArgumentException("a " + target.kind + " takes no flags " + all);
        }
        if (all.contains(RwFlag.ATOMIC)) {
            checkAtomic();
        }
        return new Operation(target, transfer, new Options(all, options.priority, options.tag));
    }

    /** Refuses what statx says cannot be atomic; some kernels would take the flag for granted. */
    private void checkAtomic() {
        long length = length();
        boolean isFit = target.kind == Kind.WRITE && Long.bitCount(length) == 1 && transfer.offset % length == 0;
        if (!isFit || length > target.file.atomicWriteLengthMax()) {
            throw new IllegalArgumentException(this + " cannot be atomic: the file takes atomic writes of at most "
                + target.file.atomicWriteLengthMax() + " bytes, in powers of two, at multiples of their length");
        }
    }

    private long length() {
        return Arrays.stream(transfer.parts).mapToLong(RequestMemory.Part::length).sum();
    }

    /**
     * The same with an I/O priority.
     *
     * @param priority for a read or write
     * @return a new operation
     */
    public Operation withPriority(IoPriority priority) {
        if (!isTransfer()) {
            throw new IllegalArgumentException("a " + target.kind + " takes no priority");
        }
        return new Operation(target, transfer, new Options(options.flags, priority, options.tag));
    }

    /**
     * The same with a number of the caller's.
     *
     * @param tag any number
     * @return a new operation
     */
    public Operation withTag(long tag) {
        return new Operation(target, transfer, new Options(options.flags, options.priority, tag));
    }

    /**
     * What is done.
     *
     * @return the kind
     */
    public Kind kind() {
        return target.kind;
    }

    /**
     * Of which file.
     *
     * @return the file, null for a poll and for nothing
     */
    public AsyncFile file() {
        return target.file;
    }

    /**
     * The caller's number.
     *
     * @return what {@link #withTag} gave, else 0
     */
    public long tag() {
        return options.tag;
    }

    private boolean isTransfer() {
        return target.kind == Kind.READ || target.kind == Kind.WRITE;
    }

    boolean isSync() {
        return target.kind == Kind.SYNC || target.kind == Kind.DATA_SYNC;
    }

    RequestMemory.Part[] parts() {
        return transfer.parts;
    }

    /** As the kernel takes it; for all but {@link Kind#NOTHING}. */
    Iocb iocb() {
        // A file that was closed behind our back is the kernel's to refuse; its old number may be another file's by now.
        return target.file != null && target.file.descriptor() < 0 ? newIocb() : iocb;
    }

    private Iocb newIocb() {
        Iocb plain = switch (target.kind) {
            case READ -> transfer.parts.length == 1 ? Iocb.pread(target.file.descriptor(), onlyPart(), transfer.offset)
                : Iocb.preadv(target.file.descriptor(), vectors(), transfer.offset);
            case WRITE -> transfer.parts.length == 1 ? Iocb.pwrite(target.file.descriptor(), onlyPart(), transfer.offset)
                : Iocb.pwritev(target.file.descriptor(), vectors(), transfer.offset);
            case SYNC -> Iocb.fsync(target.file.descriptor());
            case DATA_SYNC -> Iocb.fdsync(target.file.descriptor());
            case POLL -> Iocb.poll(target.descriptor, target.events);
            case NOTHING -> throw new IllegalStateException("the kernel has no request that does nothing");
        };
        Iocb flagged = options.flags.isEmpty() ? plain : plain.withFlags(options.flags.toArray(RwFlag[]::new));
        return options.priority == null ? flagged : flagged.withPriority(options.priority);
    }

    private MemorySegment onlyPart() {
        return transfer.parts[0].segment();
    }

    private IoVectors vectors() {
        return IoVectors.of(Arrays.stream(transfer.parts).map(RequestMemory.Part::segment).toList());
    }

    @Override
    public String toString() {
        String where = target.file == null ? "" : " of " + target.file.path();
        long length = length();
        return target.kind + where + (length == 0 ? "" : " at offset " + transfer.offset + ", length " + length);
    }
}

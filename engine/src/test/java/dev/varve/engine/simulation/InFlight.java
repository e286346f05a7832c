package dev.varve.engine.simulation;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.io.IoRequest.Kind;
import dev.varve.engine.simulation.Fault.Effect;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * One round of one request, from its submission until its completion is reaped.
 *
 * <p>Guarded by the course's lock.
 */
final class InFlight {
    private static final int SECTOR_BITS = SimulatedContent.SECTOR_LENGTH * Byte.SIZE;

    private final Course course;
    private final IoRequest request;
    private final SimulatedContent content;
    private final Fault fault;
    private final long number;
    private final long submitStep;
    private final WriteMark mark = new WriteMark();
    private final Dma dma;
    private long completeAtNs;
    private long result;

    /** What a request is submitted with: its number in the engine's order, how long it takes, and what goes wrong with it. */
    record Terms(long number, long durationNs, Fault fault) {
    }

    InFlight(Course course, IoRequest request, Terms terms) {
        this.course = course;
        this.request = request;
        this.content = ((SimulatedFile) request.file()).content();
        this.number = terms.number();
        this.fault = terms.fault();
        this.submitStep = course.steps();
        this.completeAtNs = course.nowNs() + terms.durationNs();
        this.dma = request.kind() == Kind.WRITE ? new Dma(request, course, terms.durationNs()) : null;
    }

    long number() {
        return number;
    }

    IoRequest request() {
        return request;
    }

    boolean isHung() {
        return fault.is(Effect.HANG);
    }

    /** It hung and goes on; however soon, it is not over before all its bytes were fetched. */
    void completeAt(long ns) {
        completeAtNs = Math.max(completeAtNs, ns);
    }

    long completeAtNs() {
        return completeAtNs;
    }

    /** When something happens to it next. */
    long nextNs() {
        return dma == null ? completeAtNs : Math.min(dma.nextNs(), completeAtNs);
    }

    /** Does what happens to it next; whether it is complete. */
    boolean proceed(double shortTransfer) {
        long eventNs = nextNs();
        if (dma != null) {
            dma.fetchUntil(eventNs);
        }
        if (eventNs < completeAtNs) {
            return false;
        }
        result = switch (request.kind()) {
            case READ -> read(shortTransfer);
            case WRITE -> write(shortTransfer);
            case DATA_SYNC, SYNC -> sync();
        };
        course.trace(Operation.of(request.kind()), content.name(), result);
        return true;
    }

    /** The completion is handed over. */
    void reaped() {
        mark.reaped(course.steps());
        request.transferred(result);
    }

    /** What would be left of it if the program or the machine stopped now; null if it changes nothing. */
    ArrivingWrite unfinished() {
        if (dma == null || isMisaligned() || fault.is(Effect.LOSE)) {
            return null;
        }
        return new ArrivingWrite(content, firstSector(), dma.sectorsNow());
    }

    private long length() {
        return request.length() - request.progress();
    }

    private int firstSector() {
        long offset = request.offset() + request.progress();
        if (fault.is(Effect.MISDIRECT)) {
            offset = Math.max(0, offset + fault.value());
        }
        return Math.toIntExact(offset / SimulatedContent.SECTOR_LENGTH);
    }

    private boolean isMisaligned() {
        long mask = request.file().blockSize() - 1L;
        return ((request.offset() + request.progress() | length() | request.address()) & mask) != 0;
    }

    private long write(double shortTransfer) {
        int sectors = SimulatedContent.sectorsIn(length());
        if (isMisaligned()) {
            return failed(Errno.EINVAL);
        }
        if (dma.isMemoryGone()) {
            course.saw(Situation.MEMORY_GONE_IN_FLIGHT);
            return failed(Errno.EFAULT);
        }
        if (fault.is(Effect.FAIL)) {
            new ArrivingWrite(content, firstSector(), dma.sectors()).land(mark, _ -> course.chance(0.5));
            content.doom(mark);
            return failed(fault.errno());
        }
        if (fault.is(Effect.LOSE)) {
            course.saw(Situation.WRITE_LOST);
            return length();
        }
        if (flips()) {
            byte[] turned = dma.sectors()[(int) (fault.value() / SECTOR_BITS)].clone();
            turn(turned, fault.value() % SECTOR_BITS);
            dma.sectors()[(int) (fault.value() / SECTOR_BITS)] = turned;
        }
        int count = shortened(sectors, 1, shortTransfer, Situation.SHORT_WRITE);
        new ArrivingWrite(content, firstSector(), dma.sectors()).land(mark, i -> i < count);
        noteMisdirection();
        if (request.isDurable()) {
            content.harden(mark);
        }
        for (int i = 0; i < count; i++) {
            course.trace(Arrays.hashCode(dma.sectors()[i]));
        }
        return (long) count * SimulatedContent.SECTOR_LENGTH;
    }

    /** How many sectors of those asked for are transferred, at least one unit. */
    private int shortened(int sectors, int unit, double probability, Situation situation) {
        if (fault.is(Effect.SHORTEN)) {
            course.saw(situation);
            return (int) Math.min(sectors, fault.value() / SimulatedContent.SECTOR_LENGTH);
        }
        int units = sectors / unit;
        if (units > 1 && course.chance(probability)) {
            course.saw(situation);
            return (1 + course.below(units - 1)) * unit;
        }
        return sectors;
    }

    private boolean flips() {
        return fault.is(Effect.FLIP) && fault.value() / Byte.SIZE < length();
    }

    private void turn(byte[] bytes, long bit) {
        course.saw(Situation.BIT_FLIPPED);
        bytes[(int) (bit / Byte.SIZE)] ^= (byte) (1 << (bit % Byte.SIZE));
    }

    private void noteMisdirection() {
        if (fault.is(Effect.MISDIRECT)) {
            course.saw(Situation.MISDIRECTED);
        }
    }

    private long failed(int errno) {
        course.saw(Situation.REQUEST_FAILED);
        return -errno;
    }

    /** A short read ends on a block boundary, because within a block a direct read is short at the end of the file only. */
    private long read(double shortTransfer) {
        MemorySegment memory = request.memory().asSlice(request.progress());
        if (isMisaligned()) {
            return failed(Errno.EINVAL);
        }
        if (!memory.scope().isAlive() || !memory.isAccessibleBy(Thread.currentThread())) {
            course.saw(Situation.MEMORY_GONE_IN_FLIGHT);
            return failed(Errno.EFAULT);
        }
        if (fault.is(Effect.FAIL)) {
            return failed(fault.errno());
        }
        int first = firstSector();
        long available = Math.clamp(content.length() - (long) first * SimulatedContent.SECTOR_LENGTH, 0, length());
        int unit = request.file().blockSize() / SimulatedContent.SECTOR_LENGTH;
        int sectors = shortened(SimulatedContent.sectorsIn(available), unit, shortTransfer, Situation.SHORT_READ);
        if (!content.isReadable(first, first + sectors)) {
            course.saw(Situation.UNREADABLE_READ);
            return failed(Errno.EIO);
        }
        noteMisdirection();
        if (available < length()) {
            course.saw(Situation.READ_AT_END);
        }
        return copy(first, Math.min(available, (long) sectors * SimulatedContent.SECTOR_LENGTH), memory);
    }

    private byte[] read(int sector) {
        if (!fault.is(Effect.STALE)) {
            return content.sector(sector);
        }
        course.saw(Situation.READ_STALE);
        return content.stale(sector);
    }

    private long copy(int first, long bytes, MemorySegment memory) {
        for (long start = 0; start < bytes; start += SimulatedContent.SECTOR_LENGTH) {
            int sector = first + (int) (start / SimulatedContent.SECTOR_LENGTH);
            content.observe(sector, course);
            int length = (int) Math.min(SimulatedContent.SECTOR_LENGTH, bytes - start);
            MemorySegment.copy(read(sector), 0, memory, ValueLayout.JAVA_BYTE, start, length);
        }
        if (flips() && fault.value() / Byte.SIZE < bytes) {
            byte[] one = {memory.get(ValueLayout.JAVA_BYTE, fault.value() / Byte.SIZE)};
            turn(one, fault.value() % Byte.SIZE);
            memory.set(ValueLayout.JAVA_BYTE, fault.value() / Byte.SIZE, one[0]);
        }
        if (bytes < memory.byteSize() && course.chance(0.5)) {
            // File systems do this to memory behind the end of the file; nobody may count on what is there.
            course.saw(Situation.READ_CLEARED_BEHIND_ITS_END);
            memory.asSlice(bytes).fill((byte) 0);
        }
        return bytes;
    }

    private long sync() {
        if (fault.is(Effect.FAIL)) {
            content.doom(submitStep);
            return failed(fault.errno());
        }
        if (fault.is(Effect.LOSE)) {
            course.saw(Situation.SYNC_LIED);
            return 0;
        }
        content.harden(submitStep);
        if (content.isUncovered(submitStep)) {
            course.saw(Situation.WRITE_MISSED_BY_SYNC);
        }
        return 0;
    }
}

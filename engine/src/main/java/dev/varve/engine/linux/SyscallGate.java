package dev.varve.engine.linux;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import dev.varve.engine.io.StorageObstacle;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;

/**
 * The one door to the kernel: {@code long syscall(long number, ...)} of libc, called with six arguments whatever the
 * call takes.
 *
 * <p>Not thread safe: each instance owns the memory errno is captured in, so each caller has its own. A call may block;
 * the JVM treats the thread as being in native code meanwhile, so garbage collection goes on. (That is why the linker's
 * "critical" option is never used here.)
 *
 * <p>Addresses go through as plain numbers. Whoever passes one of memory that is not this gate's keeps it alive during
 * the call.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/syscall.2.html">syscall(2)</a>
 */
final class SyscallGate {
    private static final MethodHandle SYSCALL;
    private static final Throwable REFUSAL;

    private static final long ERRNO_OFFSET =
        Linker.Option.captureStateLayout().byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    static {
        MethodHandle handle = null;
        Throwable refusal = null;
        try {
            handle = link();
        } catch (RuntimeException | LinkageError e) {
            // Kept, not thrown: an initializer that fails is reported properly only to the first who asks.
            refusal = e;
        }
        SYSCALL = handle;
        REFUSAL = refusal;
    }

    private final Abi abi;
    private final Arena arena = Arena.ofAuto();
    private final MemorySegment callState = arena.allocate(Linker.Option.captureStateLayout());

    private SyscallGate(Abi abi) {
        this.abi = abi;
    }

    @SuppressWarnings("restricted") // This is the one place where native code is linked.
    private static MethodHandle link() {
        // First: on a platform that is not spoken to, nothing native is touched.
        Abi.current();
        ValueLayout.OfLong word = ValueLayout.JAVA_LONG;
        Linker linker = Linker.nativeLinker();
        MemorySegment function = linker.defaultLookup().findOrThrow("syscall");
        FunctionDescriptor descriptor = FunctionDescriptor.of(word, word, word, word, word, word, word, word);
        return linker.downcallHandle(function, descriptor,
            Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(1));
    }

    /**
     * Makes a gate for one caller.
     *
     * @throws StorageContractException if the platform or the JVM's configuration does not allow native calls
     */
    static SyscallGate open() {
        Abi abi = Abi.current();
        if (SYSCALL == null) {
            throw new StorageContractException(StorageObstacle.NATIVE_ACCESS, "the JVM does not let Varve call the kernel (" + REFUSAL
                + "); start it with --enable-native-access=ALL-UNNAMED", REFUSAL);
        }
        return new SyscallGate(abi);
    }

    /** The platform the gate speaks to. */
    Abi abi() {
        return abi;
    }

    /** Zeroed memory for arguments and answers, that lives at least as long as any call through this gate lasts. */
    MemorySegment memory(long length) {
        return arena.allocate(length, Long.BYTES);
    }

    long call(SystemCall call, long first) {
        return call(call, first, 0, 0, 0, 0, 0);
    }

    long call(SystemCall call, long first, long second) {
        return call(call, first, second, 0, 0, 0, 0);
    }

    long call(SystemCall call, long first, long second, long third) {
        return call(call, first, second, third, 0, 0, 0);
    }

    /**
     * Makes a system call. Seven parameters because the kernel has them.
     *
     * @return the call's value, or the error number negated, from -4095 to -1
     */
    long call(SystemCall call, long first, long second, long third, long fourth, long fifth, long sixth) {
        long value;
        try {
            value = (long) SYSCALL.invokeExact(callState, (long) call.number(abi), first, second, third, fourth, fifth, sixth);
        } catch (Throwable e) {
            // The handle itself throws nothing; only the JVM can, when it is out of stack or memory.
            throw new IllegalStateException("system call " + call + " could not be made", e);
        } finally {
            // The arguments are numbers to the garbage collector; this keeps what they point to.
            Reference.reachabilityFence(arena);
        }
        if (value != -1) {
            return value;
        }
        int errno = callState.get(ValueLayout.JAVA_INT, ERRNO_OFFSET);
        assert errno > 0 : call + " failed without errno";
        return errno > 0 ? -errno : -Errno.EIO;
    }
}

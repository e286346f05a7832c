package dev.varve.engine.checklist;

import dev.varve.engine.aio.KernelAioEngine;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.StorageContractException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Puts itself behind a filter of system calls, as containers put their processes, and then opens an engine. Its word is the error that
 * {@code io_setup} shall have.
 *
 * <pre>
 *   load the call's number ──► io_setup? ──► yes: ERRNO with the error
 *                                       └──► no:  ALLOW
 * </pre>
 *
 * <p>{@code seccomp(2)}, {@code linux/filter.h} and {@code linux/seccomp.h}; the filter is for every thread of the process.
 */
final class FilteredProgram {
    private static final boolean IS_ARM = System.getProperty("os.arch").equals("aarch64");
    private static final int IO_SETUP = IS_ARM ? 0 : 206;
    private static final long SECCOMP = IS_ARM ? 277 : 317;
    private static final long SET_MODE_FILTER = 1;
    private static final long FOR_ALL_THREADS = 1;
    private static final long NO_NEW_PRIVILEGES = 38;
    private static final int LOAD_WORD = 0x20;
    private static final int JUMP_IF_EQUAL = 0x15;
    private static final int RETURN = 0x06;
    private static final int ANSWER_ERRNO = 0x0005_0000;
    private static final int ANSWER_ALLOW = 0x7fff_0000;
    private static final int INSTRUCTIONS = 4;

    private FilteredProgram() {
    }

    public static void main(String[] arguments) throws Throwable {
        filter(Integer.parseInt(arguments[0]));
        try (KernelAioEngine engine = KernelAioEngine.open(64)) {
            System.out.println("opened " + engine.depth());
        } catch (StorageContractException e) {
            System.out.println(Errno.name(e.errno()) + " | " + e.getMessage());
            System.out.println("obstacle " + e.obstacle());
        }
    }

    @SuppressWarnings("restricted") // The two calls are given memory of this method alone, which outlives them.
    private static void filter(int errno) throws Throwable {
        Linker linker = Linker.nativeLinker();
        MethodHandle call = linker.downcallHandle(linker.defaultLookup().findOrThrow("syscall"),
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                ValueLayout.ADDRESS), Linker.Option.firstVariadicArg(1));
        MethodHandle prctl = linker.downcallHandle(linker.defaultLookup().findOrThrow("prctl"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG), Linker.Option.firstVariadicArg(1));
        check((int) prctl.invokeExact((int) NO_NEW_PRIVILEGES, 1L, 0L, 0L, 0L), "prctl");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment instructions = arena.allocate(INSTRUCTIONS * 8L, 8);
            instruction(instructions, 0, LOAD_WORD, 0, 0);
            instruction(instructions, 1, JUMP_IF_EQUAL, 1, IO_SETUP);
            instruction(instructions, 2, RETURN, 0, ANSWER_ERRNO | errno);
            instruction(instructions, 3, RETURN, 0, ANSWER_ALLOW);
            MemorySegment program = arena.allocate(16, 8);
            program.set(ValueLayout.JAVA_SHORT, 0, (short) INSTRUCTIONS);
            program.set(ValueLayout.ADDRESS, 8, instructions);
            check((long) call.invokeExact(SECCOMP, SET_MODE_FILTER, FOR_ALL_THREADS, program), "seccomp");
        }
    }

    /** Code, 16 bits; instructions to skip if true and if false, 8 bits each; operand, 32 bits. */
    private static void instruction(MemorySegment instructions, int index, int code, int skipIfFalse, int operand) {
        long at = index * 8L;
        instructions.set(ValueLayout.JAVA_SHORT, at, (short) code);
        instructions.set(ValueLayout.JAVA_BYTE, at + 3, (byte) skipIfFalse);
        instructions.set(ValueLayout.JAVA_INT, at + 4, operand);
    }

    private static void check(long result, String name) {
        if (result != 0) {
            throw new IllegalStateException(name + " said " + result);
        }
    }
}

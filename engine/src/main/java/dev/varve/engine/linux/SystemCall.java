package dev.varve.engine.linux;

/**
 * The system calls Varve makes, with their numbers.
 *
 * <p>Sources: {@code arch/x86/entry/syscalls/syscall_64.tbl} and {@code include/uapi/asm-generic/unistd.h} of the kernel.
 */
enum SystemCall {
    //              x86-64  aarch64
    READ(                0,      63),
    WRITE(               1,      64),
    CLOSE(               3,      57),
    MMAP(                9,     222),
    MUNMAP(             11,     215),
    FCNTL(              72,      25),
    FSYNC(              74,      82),
    FCHMOD(             91,      52),
    FSTATFS(           138,      44),
    IO_SETUP(          206,       0),
    IO_DESTROY(        207,       1),
    IO_GETEVENTS(      208,       4),
    IO_SUBMIT(         209,       2),
    IO_CANCEL(         210,       3),
    GETDENTS64(        217,      61),
    EPOLL_CTL(         233,      21),
    OPENAT(            257,      56),
    MKDIRAT(           258,      34),
    UNLINKAT(          263,      35),
    EPOLL_PWAIT(       281,      22),
    FALLOCATE(         285,      47),
    EVENTFD2(          290,      19),
    EPOLL_CREATE1(     291,      20),
    RENAMEAT2(         316,     276),
    STATX(             332,     291),
    IO_PGETEVENTS(     333,     292);

    private final int x86;
    private final int aarch64;

    SystemCall(int x86, int aarch64) {
        this.x86 = x86;
        this.aarch64 = aarch64;
    }

    /** The call's number on a platform. */
    int number(Abi abi) {
        return abi == Abi.X86_64 ? x86 : aarch64;
    }
}

package dev.varve.engine.linux;

/**
 * Flags of {@code openat}. Three of them have swapped values on ARM; a wrong one would open the wrong mode without an
 * error, so what matters is read back with F_GETFL.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/open.2.html">open(2)</a>
 */
enum OpenFlag {
    /** For reading only. */
    READ_ONLY(0, 0),
    /** For reading and writing. */
    READ_WRITE(0x2, 0x2),
    /** Create if missing. */
    CREATE(0x40, 0x40),
    /** Refuse if present. */
    EXCLUSIVE(0x80, 0x80),
    /** Bypass the page cache. */
    DIRECT(0x4000, 0x10000),
    /** Refuse what is no directory. */
    DIRECTORY(0x10000, 0x4000),
    /** Refuse a symbolic link as last component. */
    NO_FOLLOW(0x20000, 0x8000),
    /** Close on exec, so that no child keeps a lock or a file. */
    CLOSE_ON_EXEC(0x80000, 0x80000),
    /** A file without a name, in the directory that is given. */
    TEMPORARY(0x410000, 0x404000);

    private final int x86;
    private final int aarch64;

    OpenFlag(int x86, int aarch64) {
        this.x86 = x86;
        this.aarch64 = aarch64;
    }

    /** The flag's bits on a platform. */
    int bits(Abi abi) {
        return abi == Abi.X86_64 ? x86 : aarch64;
    }

    /** Several flags in one word. */
    static int bits(Abi abi, OpenFlag... flags) {
        int bits = 0;
        for (OpenFlag flag : flags) {
            bits |= flag.bits(abi);
        }
        return bits;
    }
}

/**
 * Linux by its own numbers: system calls, kernel structures, and files and directories made of them. The only package
 * that uses {@link java.lang.foreign.Linker}.
 *
 * <pre>
 *    LinuxDirectory ── LinuxFile    DirectoryLock    StorageCheck    MappedMemory     aio ...
 *          │               │              │               │               │            │
 *          └───────────────┴── FileSyscalls ──────────────┘               └─ Syscalls ─┘
 *                                   │                                           │
 *                                   └──────────────── SyscallGate ──────────────┘
 *                                                         │   one MethodHandle
 *                                                  syscall(2) of libc, numbers from SystemCall and Abi
 * </pre>
 *
 * <p>Calls return the kernel's value, or the error number negated; exceptions begin one level up, where a path can be
 * named.
 */
package dev.varve.engine.linux;

/**
 * Linux kernel AIO behind the contract of {@link dev.varve.engine.io}.
 *
 * <pre>
 *    owner thread                                                      any thread
 *         │                                                                │
 *         │ submit, reap                                                   │ wakeUp
 *         ▼                                                                ▼
 *    KernelAioEngine ── RequestSlots   which request is where          Doorbell
 *         │        └─── IocbSlab       what the kernel is told             │ eventfd
 *         ▼                                                                ▼
 *    AioContext ──────── io_setup, io_submit, io_getevents, io_destroy ── POLL iocb
 * </pre>
 *
 * <p>Completions are collected by {@code io_getevents}. The ring the kernel maps into the process is not read: a reader
 * that is not a system call must get memory order and the life of the mapping right, to save a call that is small
 * beside the I/O.
 */
package dev.varve.engine.aio;

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
 *
 * <p>That engine is as narrow as a log needs it. The whole interface of the kernel, for programs of other kinds, is
 * {@link dev.varve.engine.aio.SharedContext} with {@link dev.varve.engine.aio.Iocb}: every opcode and flag, many submitting
 * threads, completions counted for an epoll loop.
 *
 * <pre>
 *    any thread ── AioBatch of Iocb ──► SharedContext ──► AioEvents ──► the thread that reaps        all used again and again
 *                  Submission                             AioEvent                                   the same, an object each
 * </pre>
 */
package dev.varve.engine.aio;

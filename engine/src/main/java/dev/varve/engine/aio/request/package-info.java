/**
 * Requests for whoever wants what POSIX AIO offers, in Java's words and without its traps.
 *
 * <pre>
 *   any thread                                                     executor
 *       │ Operation: what is asked                                     ▲ futures, callbacks
 *       ▼                                                              │
 *   AsyncFile, AsyncIo ──► RequestQueue ──► SharedContext ──► Reaper ──┴──► CompletionQueue, for epoll loops
 *       │                  QUEUED           IN_FLIGHT         DONE, FAILED
 *       ▼ AioRequest: its state, its result, as often as asked
 * </pre>
 *
 * <p>The log does not use it.
 */
package dev.varve.engine.aio.request;

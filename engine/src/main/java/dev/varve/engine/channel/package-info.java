/**
 * Channels of the JDK behind the contract of {@link dev.varve.engine.io}: any file system and operating system, no native access.
 *
 * <pre>
 *    ChannelDisk ── CHANNEL_DIRECT or CHANNEL_BUFFERED, settled when it is made
 *      │      │
 *      │      └── ChannelEngine ── threads: read, write, force ──► ChannelFile ── FileChannel
 *      ▼                                                               │
 *    ChannelDirectory ── ChannelLock                                   │ a failed force, through the page cache
 *             └───────── FailureMark ◄─────────────────────────────────┘
 * </pre>
 *
 * <p>The page cache is not trusted: where the file system takes direct I/O, what is read comes from the device; where it does not, a failed
 * force leaves a mark that keeps the log from being opened for writing until the cache is gone.
 */
package dev.varve.engine.channel;

package dev.varve.wal;

import dev.varve.engine.aio.KernelDisk;
import dev.varve.engine.channel.ChannelDisk;
import dev.varve.engine.io.Disk;
import dev.varve.engine.linux.MappedSource;
import dev.varve.engine.memory.MemorySource;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.SplittableRandom;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * All that a log takes from the world around it. Tests replace it, and then the same log runs on a simulated disk by a simulated clock.
 *
 * @param disk   where directories lie
 * @param memory where buffers come from
 * @param random where salts come from; must not be guessable
 * @param nanos  a clock that never goes back, in nanoseconds
 * @param millis the wall clock, in milliseconds; used for information only
 * @param isThreaded whether the log has threads of its own; without them nothing happens by itself, and one thread at a time may use it:
 *                   whoever waits for something drives the log meanwhile, on its own thread
 */
public record Environment(Disk disk, MemorySource memory, RandomGenerator random, LongSupplier nanos, LongSupplier millis,
                          boolean isThreaded) {
    /**
     * A world in which the log has threads of its own.
     *
     * @param disk   where directories lie
     * @param memory where buffers come from
     * @param random where salts come from; must not be guessable
     * @param nanos  a clock that never goes back, in nanoseconds
     * @param millis the wall clock, in milliseconds; used for information only
     */
    public Environment(Disk disk, MemorySource memory, RandomGenerator random, LongSupplier nanos, LongSupplier millis) {
        this(disk, memory, random, nanos, millis, true);
    }

    /**
     * A world that a test has made, in which equal calls have equal outcomes: all chance comes from the seed, all time from the given
     * clock, and the log has no threads. Blocking calls, {@code sync} and {@code close} drive the log; what {@code appendAsync} and
     * {@code offer} have started goes on in any of those.
     *
     * @param disk   where directories lie
     * @param memory where buffers come from
     * @param seed   the source of salts
     * @param nanos  the only clock
     * @return a new environment
     */
    public static Environment deterministic(Disk disk, MemorySource memory, long seed, LongSupplier nanos) {
        return new Environment(disk, memory, new SplittableRandom(seed), nanos, () -> nanos.getAsLong() / 1_000_000, false);
    }

    /**
     * The machine itself: kernel AIO, mapped memory, secure random numbers, the system's clocks.
     *
     * @return a new environment
     */
    public static Environment machine() {
        return new Environment(new KernelDisk(), new MappedSource(), new SecureRandom(), System::nanoTime, System::currentTimeMillis);
    }

    /**
     * The machine as the JDK shows it: channels, and memory that the garbage collector frees. Nothing here needs native access.
     *
     * @param directory where a log lies or will lie; its file system decides whether its files are opened for direct I/O
     * @return a new environment
     */
    public static Environment portable(Path directory) {
        return portable(ChannelDisk.at(directory));
    }

    static Environment portable(ChannelDisk disk) {
        return new Environment(disk, MemorySource.collected(), new SecureRandom(), System::nanoTime, System::currentTimeMillis);
    }
}

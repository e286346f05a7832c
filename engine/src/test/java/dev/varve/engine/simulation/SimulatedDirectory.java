package dev.varve.engine.simulation;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.HeldLock;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.simulation.Fault.Effect;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/**
 * One open directory of a simulated disk. Each call is a step; names become durable by {@link #sync()} alone.
 *
 * <p>Any thread may call. After the end of its life every call throws {@link PowerCutException}, except {@code close}.
 */
final class SimulatedDirectory implements Directory {
    private final Course course;
    private final FaultScript faults;
    private final DiskState state;
    private final Latency latency;
    private final Path path;
    private final NameTable names;
    private final int life;
    private boolean isClosed;

    SimulatedDirectory(Course course, FaultScript faults, DiskState state, Path path) {
        this.course = course;
        this.faults = faults;
        this.state = state;
        this.latency = new Latency(course, state.settings().unfriendliness().disorder());
        this.path = path;
        this.names = state.find(path);
        this.life = course.life();
        names.observe();
        course.opened();
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public int blockSize() {
        return state.settings().blockSize();
    }

    @Override
    public List<String> list() {
        return call(Operation.LIST, ownName(), names::names);
    }

    @Override
    public IoFile create(String name, long length) {
        checkName(name);
        if (length <= 0 || length % blockSize() != 0) {
            throw new IllegalArgumentException("length " + length + " of " + pathOf(name) + " is no multiple of " + blockSize());
        }
        return call(Operation.CREATE, name, () -> {
            if (names.find(name) != null) {
                throw IoFailureException.of("creating " + pathOf(name), Errno.EEXIST);
            }
            allocate(name, length);
            SimulatedContent content = new SimulatedContent(name, length, state.freed());
            names.create(name, content);
            return opened(content, name, Access.WRITE);
        });
    }

    private void allocate(String name, long length) {
        String what = "allocating " + length + " bytes for ";
        int errno = errno(Operation.ALLOCATE, name);
        if (errno == 0 && length > state.free()) {
            course.saw(Situation.NO_SPACE);
            errno = Errno.ENOSPC;
        }
        if (errno == 0) {
            what = "asking for the length of ";
            errno = errno(Operation.LENGTH, name);
        }
        if (errno != 0) {
            // It was there for a moment, and a power cut may find it.
            names.create(name, new SimulatedContent(name, 0));
            names.delete(name);
            throw IoFailureException.of(what + pathOf(name), errno);
        }
    }

    /** What goes wrong with a part of a call; 0 if nothing does. */
    private int errno(Operation operation, String name) {
        Fault fault = faults.next(operation, name);
        course.delay(fault);
        if (fault.is(Effect.FAIL)) {
            course.saw(Situation.CALL_FAILED);
        }
        return fault.errno();
    }

    @Override
    public IoFile open(String name, Access access) {
        checkName(name);
        return call(Operation.OPEN, name, () -> {
            SimulatedContent content = existing("opening", name);
            int errno = errno(Operation.LENGTH, name);
            if (errno != 0) {
                throw IoFailureException.of("asking for the length of " + pathOf(name), errno);
            }
            return opened(content, name, access);
        });
    }

    private SimulatedFile opened(SimulatedContent content, String name, Access access) {
        return new SimulatedFile(course, content, pathOf(name), new SimulatedFile.Mode(blockSize(), access));
    }

    private SimulatedContent existing(String what, String name) {
        SimulatedContent content = names.find(name);
        if (content == null) {
            throw IoFailureException.of(what + " " + pathOf(name), Errno.ENOENT);
        }
        return content;
    }

    @Override
    public void rename(String from, String to) {
        checkName(from);
        checkName(to);
        call(Operation.RENAME, from, () -> {
            SimulatedContent content = existing("renaming", from);
            SimulatedContent replaced = names.find(to);
            if (!content.equals(replaced)) {
                names.rename(from, to);
                if (replaced != null) {
                    state.freed(replaced);
                }
            }
            return to;
        });
    }

    @Override
    public void delete(String name) {
        checkName(name);
        call(Operation.DELETE, name, () -> {
            SimulatedContent content = existing("deleting", name);
            names.delete(name);
            state.freed(content);
            return content.name();
        });
    }

    @Override
    public void sync() {
        call(Operation.DIRECTORY_SYNC, ownName(), () -> {
            names.sync();
            return ownName();
        });
    }

    @Override
    public HeldLock tryLock(String name) {
        checkName(name);
        return call(Operation.LOCK, name, () -> {
            if (names.find(name) == null) {
                names.create(name, new SimulatedContent(name, 0));
            }
            if (!names.lock(name)) {
                course.saw(Situation.LOCK_REFUSED);
                return null;
            }
            return new SimulatedLock(course, names, name);
        });
    }

    @Override
    public boolean isLocked(String name) {
        checkName(name);
        return call(Operation.LOCK, name, () -> names.isLocked(name));
    }

    /** One step: the directory does what is asked, or fails as scripted. */
    private <T> T call(Operation operation, String name, Supplier<T> action) {
        course.enter(life);
        int errno = 0;
        try {
            if (isClosed) {
                throw new IllegalStateException("directory " + path + " is closed");
            }
            course.step();
            course.advance(latency.ofDirectoryCallNs());
            Fault fault = faults.next(operation, name);
            course.delay(fault);
            if (fault.is(Effect.FAIL)) {
                throw failure(operation, name, fault.errno());
            }
            if (fault.is(Effect.LOSE) && operation == Operation.DIRECTORY_SYNC) {
                course.saw(Situation.SYNC_LIED);
                return null;
            }
            return action.get();
        } catch (IoFailureException e) {
            errno = e.errno();
            throw e;
        } finally {
            course.trace(operation, name, -errno);
            course.leave();
        }
    }

    private IoFailureException failure(Operation operation, String name, int errno) {
        course.saw(Situation.CALL_FAILED);
        if (operation == Operation.DIRECTORY_SYNC) {
            names.doom();
            return IoFailureException.of("syncing directory " + path, errno);
        }
        return IoFailureException.of(operation + " of " + pathOf(name), errno);
    }

    private String ownName() {
        return path.getFileName() == null ? path.toString() : path.getFileName().toString();
    }

    private String pathOf(String name) {
        return path.resolve(name).toString();
    }

    private static void checkName(String name) {
        if (name.isEmpty() || name.indexOf('/') >= 0 || name.indexOf('\0') >= 0 || name.equals(".") || name.equals("..")) {
            throw new IllegalArgumentException("not a plain file name: '" + name + "'");
        }
    }

    /** Closes the directory. Idempotent. Files opened in it and its lock stay as they are. */
    @Override
    public void close() {
        course.enterAnyway();
        try {
            if (!isClosed) {
                isClosed = true;
                course.closed(life);
            }
        } finally {
            course.leave();
        }
    }
}

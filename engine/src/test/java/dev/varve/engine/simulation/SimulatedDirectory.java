package dev.varve.engine.simulation;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.Errno;
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
            if (length > state.free()) {
                course.saw(Situation.NO_SPACE);
                throw IoFailureException.of("allocating " + length + " bytes for " + pathOf(name), Errno.ENOSPC);
            }
            SimulatedContent content = new SimulatedContent(name, length);
            names.create(name, content);
            return opened(content, name, Access.WRITE);
        });
    }

    @Override
    public IoFile open(String name, Access access) {
        checkName(name);
        return call(Operation.OPEN, name, () -> opened(existing("opening", name), name, access));
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
            if (!content.equals(names.find(to))) {
                names.rename(from, to);
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
    public AutoCloseable tryLock(String name) {
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

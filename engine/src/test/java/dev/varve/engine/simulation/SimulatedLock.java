package dev.varve.engine.simulation;

import dev.varve.engine.io.HeldLock;

/** A held lock of a simulated directory; it ends when closed, or with the life of the program. Any thread may close it. */
final class SimulatedLock implements HeldLock {
    private final Course course;
    private final NameTable names;
    private final String name;
    private final SimulatedContent file;
    private final int life;
    private boolean isClosed;

    SimulatedLock(Course course, NameTable names, String name) {
        this.course = course;
        this.names = names;
        this.name = name;
        this.file = names.find(name);
        this.life = course.life();
        course.opened();
    }

    @Override
    public boolean isInPlace() {
        course.enter(life);
        try {
            return file.equals(names.find(name));
        } finally {
            course.leave();
        }
    }

    /** Gives the lock back. Idempotent; after the end of its life it does nothing. */
    @Override
    public void close() {
        course.enterAnyway();
        try {
            if (!isClosed && course.isLife(life)) {
                names.unlock(file);
                course.closed(life);
            }
            isClosed = true;
        } finally {
            course.leave();
        }
    }
}

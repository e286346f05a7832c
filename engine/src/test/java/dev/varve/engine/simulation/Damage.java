package dev.varve.engine.simulation;

import java.util.Arrays;
import java.util.List;

/**
 * What happens to files at rest in one directory: rot, misplaced blocks, wrong lengths, unreadable sectors. All of it is durable at once,
 * and what was under way for a sector that is replaced is forgotten.
 *
 * <p>Any thread may call; it needs no running machine. Offsets and lengths are in bytes, blocks in the disk's block size. A name that does
 * not exist is an {@link IllegalArgumentException}.
 */
public final class Damage {
    private static final int SECTOR_LENGTH = SimulatedContent.SECTOR_LENGTH;

    private final Course course;
    private final NameTable names;
    private final int blockSize;

    Damage(Course course, NameTable names, int blockSize) {
        this.course = course;
        this.names = names;
        this.blockSize = blockSize;
    }

    /** Work on one content under the course's lock. */
    private interface Work<T> {
        T on(SimulatedContent content);
    }

    private <T> T with(String name, Work<T> work) {
        course.enterAnyway();
        try {
            SimulatedContent content = names.find(name);
            if (content == null) {
                throw new IllegalArgumentException("no file " + name);
            }
            return work.on(content);
        } finally {
            course.leave();
        }
    }

    /**
     * The names in the directory.
     *
     * @return the names, sorted
     */
    public List<String> names() {
        course.enterAnyway();
        try {
            return names.names();
        } finally {
            course.leave();
        }
    }

    /**
     * What a file holds.
     *
     * @param name the file
     * @return a copy of its bytes, as a read would see them
     */
    public byte[] bytes(String name) {
        return with(name, SimulatedContent::bytes);
    }

    /**
     * Gives a file content and length, creating it if it is missing.
     *
     * @param name  the file
     * @param bytes what it holds from now on
     */
    public void restore(String name, byte[] bytes) {
        course.enterAnyway();
        try {
            if (names.find(name) == null) {
                names.put(name, new SimulatedContent(name, 0));
            }
            SimulatedContent content = names.find(name);
            content.truncate(0);
            content.truncate(bytes.length);
            replace(content, 0, bytes);
        } finally {
            course.leave();
        }
    }

    /**
     * Gives part of a file other content.
     *
     * @param name   the file
     * @param offset where
     * @param bytes  the new content; it must lie within the file
     */
    public void overwrite(String name, long offset, byte[] bytes) {
        with(name, content -> {
            checkRange(content, offset, bytes.length);
            replace(content, offset, bytes);
            return null;
        });
    }

    private static void checkRange(SimulatedContent content, long offset, long length) {
        if (offset < 0 || length < 0 || offset + length > content.length()) {
            throw new IllegalArgumentException(content.name() + " has " + content.length() + " bytes: offset=" + offset
                + " length=" + length);
        }
    }

    private static void replace(SimulatedContent content, long offset, byte[] bytes) {
        int done = 0;
        while (done < bytes.length) {
            int sector = (int) ((offset + done) / SECTOR_LENGTH);
            int start = (int) ((offset + done) % SECTOR_LENGTH);
            int count = Math.min(SECTOR_LENGTH - start, bytes.length - done);
            byte[] replaced = content.sector(sector).clone();
            System.arraycopy(bytes, done, replaced, start, count);
            content.replace(sector, replaced);
            done += count;
        }
    }

    /**
     * Turns one bit over.
     *
     * @param name   the file
     * @param offset the byte
     * @param bit    from 0, the least significant, to 7
     */
    public void flipBit(String name, long offset, int bit) {
        with(name, content -> {
            checkRange(content, offset, 1);
            byte old = content.sector((int) (offset / SECTOR_LENGTH))[(int) (offset % SECTOR_LENGTH)];
            replace(content, offset, new byte[] {(byte) (old ^ 1 << (bit & 7))});
            return null;
        });
    }

    /**
     * Fills a block with zeros.
     *
     * @param name  the file
     * @param block its number in the file
     */
    public void zeroBlock(String name, long block) {
        overwrite(name, block * blockSize, new byte[blockSize]);
    }

    /**
     * Fills a block with random bytes.
     *
     * @param name  the file
     * @param block its number in the file
     */
    public void garbleBlock(String name, long block) {
        byte[] garbage = new byte[blockSize];
        course.enterAnyway();
        course.fill(garbage);
        course.leave();
        overwrite(name, block * blockSize, garbage);
    }

    /**
     * Puts one block's content where another's should be, as a misdirected write does.
     *
     * @param fromName  the file it is taken from
     * @param fromBlock its number there
     * @param toName    the file it is put into
     * @param toBlock   the number there
     */
    public void copyBlock(String fromName, long fromBlock, String toName, long toBlock) {
        byte[] bytes = bytes(fromName);
        int from = Math.toIntExact(fromBlock * blockSize);
        overwrite(toName, toBlock * blockSize, Arrays.copyOfRange(bytes, from, from + blockSize));
    }

    /**
     * Cuts a file, or extends it with zeros.
     *
     * @param name   the file
     * @param length its new length, any number from 0
     */
    public void truncateTo(String name, long length) {
        with(name, content -> {
            content.truncate(length);
            return null;
        });
    }

    /**
     * Makes a range unreadable: reads that touch it fail with EIO, until it is written again.
     *
     * @param name   the file
     * @param offset where it begins
     * @param length how long it is; whole sectors are affected
     */
    public void unreadable(String name, long offset, long length) {
        with(name, content -> {
            checkRange(content, offset, length);
            content.unreadable((int) (offset / SECTOR_LENGTH), SimulatedContent.sectorsIn(offset + length));
            return null;
        });
    }

    /**
     * Puts a copy of a file under another name, replacing what has it.
     *
     * @param from the file
     * @param to   the copy's name
     */
    public void copyFile(String from, String to) {
        restore(to, bytes(from));
    }

    /**
     * Takes a file away.
     *
     * @param name the file
     */
    public void remove(String name) {
        with(name, content -> {
            names.remove(content.name());
            return null;
        });
    }
}

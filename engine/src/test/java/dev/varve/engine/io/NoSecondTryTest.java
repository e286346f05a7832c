package dev.varve.engine.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Where trying again, or being content, would acknowledge what is not durable or lose what is. */
class NoSecondTryTest {
    private static final int BLOCK = FakeFile.BLOCK;

    private final ScriptedEngine engine = new ScriptedEngine(4);
    private final IoQueue queue = new IoQueue(engine);
    private final FakeFile file = new FakeFile("log/0000000000000001.varve");
    private final MemorySegment memory = Arena.ofAuto().allocate(16 * BLOCK, BLOCK);

    private IoRequest added(IoRequest request) {
        queue.add(request);
        return request;
    }

    private void settle() {
        for (int round = 0; queue.pending() > 0 && round < 1000; round++) {
            queue.submit();
            queue.reap(1, 0);
        }
        assertThat(queue.pending()).isZero();
    }

    @Test
    void shouldNotTakeAShortReadForTheEndOfAFileThatGoesOn() {
        engine.transfers(BLOCK + 100);
        IoRequest read = added(new IoRequest(_ -> { }).read(file, 0, memory.asSlice(0, 3 * BLOCK)));
        settle();
        assertThat(read.bytes()).isEqualTo(3 * BLOCK);

        for (int i = 0; i < 17; i++) {
            engine.transfers(0);
        }
        IoRequest stuck = added(new IoRequest(_ -> { }).read(file, 0, memory.asSlice(0, 3 * BLOCK)));
        settle();
        assertThat(stuck.errno()).isEqualTo(Errno.EIO);
    }

    @Test
    void shouldNotTryASyncAgainWhateverItSays() {
        for (int errno : new int[] {Errno.EINTR, Errno.EAGAIN, Errno.EIO}) {
            engine.rounds().clear();
            engine.transfers(-errno);
            IoRequest sync = added(new IoRequest(_ -> { }).dataSync(file));
            settle();
            assertThat(sync.errno()).isEqualTo(errno);
            assertThat(engine.rounds()).hasSize(1);
        }
    }
}

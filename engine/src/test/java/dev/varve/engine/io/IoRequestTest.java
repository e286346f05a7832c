package dev.varve.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.IoRequest.Kind;
import dev.varve.engine.io.IoRequest.State;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class IoRequestTest {
    private static final int BLOCK = FakeFile.BLOCK;

    private final ScriptedEngine engine = new ScriptedEngine(4);
    private final IoQueue queue = new IoQueue(engine);
    private final FakeFile file = new FakeFile("log/MANIFEST");
    private final IoRequest request = new IoRequest(_ -> { });
    private final MemorySegment memory = Arena.ofAuto().allocate(4 * BLOCK, BLOCK);

    @Test
    void shouldGoThroughItsStates() {
        assertThat(request.state()).isEqualTo(State.IDLE);
        assertThat(request.isPending()).isFalse();
        request.write(file, 0, memory);
        assertThat(request.state()).isEqualTo(State.READY);
        queue.add(request);
        assertThat(request.state()).isEqualTo(State.QUEUED);
        assertThat(request.isPending()).isTrue();
        queue.submit();
        assertThat(request.state()).isEqualTo(State.IN_FLIGHT);
        assertThat(request.isPending()).isTrue();
        queue.reap(1, 0);
        assertThat(request.state()).isEqualTo(State.DONE);
        assertThat(request.isPending()).isFalse();
        assertThat(request.slot()).isEqualTo(-1);
    }

    @Test
    void shouldSayWhatWasAsked() {
        request.writeDurably(file, 8192, memory);
        assertThat(request.kind()).isEqualTo(Kind.WRITE);
        assertThat(request.isDurable()).isTrue();
        assertThat(request.file()).isSameAs(file);
        assertThat(request.offset()).isEqualTo(8192);
        assertThat(request.length()).isEqualTo(4 * BLOCK);
        assertThat(request.memory()).isSameAs(memory);
        assertThat(request.address()).isEqualTo(memory.address());

        request.read(file, 0, memory);
        assertThat(request.kind()).isEqualTo(Kind.READ);
        assertThat(request.isDurable()).as("what an earlier use asked").isFalse();

        request.sync(file);
        assertThat(request.kind()).isEqualTo(Kind.SYNC);
        assertThat(request.length()).isZero();
        assertThat(request.address()).isZero();
        assertThat(request.dataSync(file).kind()).isEqualTo(Kind.DATA_SYNC);
    }

    @Test
    void shouldNotBePreparedWhilePending() {
        queue.add(request.write(file, 0, memory));
        assertThatThrownBy(() -> request.sync(file)).isInstanceOf(IllegalStateException.class).hasMessageContaining("under way");
        queue.submit();
        assertThatThrownBy(() -> request.write(file, 0, memory)).isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("IN_FLIGHT");
        queue.await(request);
        request.write(file, 0, memory);
    }

    @Test
    void shouldNotBeAddedTwice() {
        queue.add(request.write(file, 0, memory));
        assertThatThrownBy(() -> queue.add(request)).isInstanceOf(AssertionError.class);
        queue.await(request);
        assertThatThrownBy(() -> queue.add(request)).as("without being prepared anew").isInstanceOf(AssertionError.class);
    }

    @Test
    void shouldForgetItsFailureWhenPreparedAnew() {
        engine.transfers(-Errno.EIO);
        queue.add(request.write(file, 0, memory));
        queue.awaitSettled(request);
        assertThat(request.errno()).isEqualTo(Errno.EIO);

        request.write(file, 0, memory);
        assertThat(request.errno()).isZero();
        assertThat(request.bytes()).isZero();
        queue.run(request);
        assertThat(request.bytes()).isEqualTo(request.length());
    }

    @Test
    void shouldDescribeItself() {
        assertThat(request).hasToString("SYNC ? offset=0 length=0 progress=0 state=IDLE result=0");
        engine.transfers(-Errno.EIO);
        queue.add(request.write(file, 4096, memory));
        queue.awaitSettled(request);

        assertThat(request).hasToString("WRITE log/MANIFEST offset=4096 length=16384 progress=0 state=FAILED result=-5");
    }

    @Test
    void shouldBecomeAnExceptionThatSaysWhatAndWhere() {
        engine.transfers(BLOCK, -Errno.EIO);
        queue.add(request.write(file, 4096, memory));
        queue.awaitSettled(request);

        assertThat(request.failure()).hasMessageContainingAll("WRITE of log/MANIFEST", "offset 4096", "length 16384", "4096 transferred",
            "EIO").isNotInstanceOf(NoSpaceException.class);
    }
}

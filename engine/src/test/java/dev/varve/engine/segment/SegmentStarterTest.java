package dev.varve.engine.segment;

import static dev.varve.engine.segment.OnDisk.BLOCK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFailureException;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.segment.SegmentStarter.NewLife;
import dev.varve.engine.simulation.CrashMode;
import dev.varve.engine.simulation.Occasion;
import dev.varve.engine.simulation.Operation;
import dev.varve.engine.simulation.PowerCutException;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class SegmentStarterTest {
    private static final String NAME = SegmentName.of(2);
    private static final long COPY = GoldenLog.GEOMETRY.length() - BLOCK;
    private static final NewLife LIFE = new NewLife(GoldenLog.SECOND_SALT, 1, GoldenLog.GEOMETRY, GoldenLog.SECOND.origin());
    private static final SegmentHeader AGAIN = SegmentStarter.byDecree(GoldenLog.ID, GoldenLog.SECOND.predecessor(),
        new SegmentStarter.Base(2, 131072, 8), new NewLife(77, 2, GoldenLog.GEOMETRY, GoldenLog.SECOND.origin()));

    private OnDisk on = new OnDisk(1);

    private IoFile create() {
        IoFile file = on.directory().create(NAME, GoldenLog.GEOMETRY.length());
        on.directory().sync();
        on.queue().run(on.request().sync(file));
        return file;
    }

    private SegmentStarter starter() {
        MemorySegment block = OnDisk.memory(BLOCK);
        block.fill((byte) 0x5a);
        return new SegmentStarter(on.queue(), block);
    }

    /** The header that lies there, null if it is not valid. */
    private SegmentHeader headerAt(long offset) {
        MemorySegment bytes = on.bytes(NAME, offset, BLOCK);
        return SegmentHeaderDescriptor.check(bytes, 0) == Defect.NONE ? SegmentHeaderDescriptor.decode(bytes, 0) : null;
    }

    @Test
    void shouldMakeBothCopiesDurable() {
        IoFile file = create();
        SegmentStarter starter = starter();
        assertThat(starter.isDone()).as("nothing was started").isFalse();
        starter.start(file, GoldenLog.SECOND);
        SegmentFile begun = starter.await();
        on.disk().crash(CrashMode.DROP_UNSYNCED);

        assertThat(begun.file()).isSameAs(file);
        assertThat(begun.header()).isEqualTo(GoldenLog.SECOND);
        assertThat(headerAt(0)).isEqualTo(GoldenLog.SECOND);
        assertThat(headerAt(COPY)).isEqualTo(GoldenLog.SECOND);
        byte[] expected = Arrays.copyOf(GoldenBytes.of("segment-header").bytes(), BLOCK);
        assertThat(on.bytes(NAME, 0, BLOCK).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
        assertThat(on.bytes(NAME, COPY, BLOCK).toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
    }

    @Test
    void shouldNotBeDoneBeforeBothCopiesAre() {
        on.disk().faults().hang(Occasion.nth(Operation.WRITE, NAME, 2));
        SegmentStarter starter = starter();
        starter.start(create(), GoldenLog.SECOND);
        on.queue().submit();
        on.queue().reap(1, 1_000_000);
        assertThat(starter.isDone()).isFalse();

        on.disk().faults().release();
        assertThat(starter.await().header()).isEqualTo(GoldenLog.SECOND);
    }

    @Test
    void shouldWriteTheCopyOnlyAfterTheFirstIsDurableWhenBegunAgain() {
        IoFile file = create();
        SegmentStarter starter = starter();
        starter.start(file, GoldenLog.SECOND);
        starter.await();
        on.disk().faults().hang(Occasion.next(Operation.WRITE, NAME));
        starter.restart(file, AGAIN);
        for (int i = 0; i < 5; i++) {
            on.queue().submit();
            on.queue().reap(1, 1_000_000);
        }
        assertThat(on.queue().pending()).isEqualTo(1);
        assertThat(starter.isDone()).isFalse();
        assertThat(headerAt(COPY)).isEqualTo(GoldenLog.SECOND);

        on.disk().faults().release();
        assertThat(starter.await().header()).isEqualTo(AGAIN);
        assertThat(headerAt(0)).isEqualTo(AGAIN);
        assertThat(headerAt(COPY)).isEqualTo(AGAIN);
    }

    @ParameterizedTest
    @EnumSource
    void shouldKeepOneHeaderWholeWheneverThePowerIsCutWhileItBeginsAgain(CrashMode mode) {
        for (int seed = 0; seed < 60; seed++) {
            on = new OnDisk(new SimulatedDisk(seed));
            IoFile file = create();
            SegmentStarter starter = starter();
            starter.start(file, GoldenLog.SECOND);
            starter.await();
            on.disk().crashAtStep(on.disk().steps() + 1 + seed % 6);
            boolean isBegun = false;
            try {
                starter.restart(file, AGAIN);
                starter.await();
                isBegun = true;
            } catch (PowerCutException e) {
                assertThat(on.disk().isStopped()).isTrue();
            }
            on.disk().crash(mode);

            SegmentHeader counts = headerAt(0) == null ? headerAt(COPY) : headerAt(0);
            assertThat(counts).as("%s, %s", on.disk(), mode).isIn(isBegun ? new SegmentHeader[] {AGAIN}
                : new SegmentHeader[] {AGAIN, GoldenLog.SECOND});
        }
    }

    @Test
    void shouldFailWhicheverCopyFails() {
        for (int nth = 1; nth <= 2; nth++) {
            on = new OnDisk(nth);
            on.disk().faults().fail(Occasion.nth(Operation.WRITE, NAME, nth), Errno.EIO);
            SegmentStarter starter = starter();
            starter.start(create(), GoldenLog.SECOND);

            assertThatThrownBy(starter::await).as("copy %d", nth).isInstanceOfSatisfying(IoFailureException.class,
                e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
            assertThatThrownBy(starter::isDone).isInstanceOf(IoFailureException.class);
        }
    }

    @Test
    void shouldFailAndWriteNoCopyWhenTheFirstFailsWhileItBeginsAgain() {
        IoFile file = create();
        SegmentStarter starter = starter();
        starter.start(file, GoldenLog.SECOND);
        starter.await();
        on.disk().faults().fail(Occasion.next(Operation.WRITE, NAME), Errno.EIO);
        starter.restart(file, AGAIN);

        assertThatThrownBy(starter::await).isInstanceOf(IoFailureException.class);
        assertThat(on.queue().pending()).isZero();
        assertThat(headerAt(COPY)).isEqualTo(GoldenLog.SECOND);
    }

    @Test
    void shouldBeginOneSegmentAtATime() {
        IoFile file = create();
        SegmentStarter starter = starter();
        starter.start(file, GoldenLog.SECOND);

        assertThatThrownBy(() -> starter.start(file, AGAIN)).isInstanceOf(IllegalStateException.class).hasMessageContaining("segment 2");
        starter.await();
        starter.restart(file, AGAIN);
        starter.await();
    }

    @Test
    void shouldGoOnBehindASeal() {
        assertThat(SegmentStarter.afterSeal(GoldenLog.FIRST, GoldenLog.SEAL, LIFE)).isEqualTo(GoldenLog.SECOND);
    }

    @Test
    void shouldBeginALogWithItsOrigin() {
        NewLife life = new NewLife(GoldenLog.FIRST_SALT, 1, GoldenLog.GEOMETRY, GoldenLog.FIRST.origin());

        assertThat(SegmentStarter.origin(GoldenLog.ID, life)).isEqualTo(GoldenLog.FIRST);
    }

    @Test
    void shouldDeclareTheEndBehindABatch() {
        Predecessor crash = SegmentStarter.endedAt(Predecessor.Kind.CRASH, GoldenLog.FIRST, BatchRule.Position.behind(GoldenLog.DATA), 1);
        assertThat(crash).isEqualTo(new Predecessor(Predecessor.Kind.CRASH, 1, 1, 1, GoldenLog.DATA.chain(), 8192, 3));

        SegmentHeader header = SegmentStarter.byDecree(GoldenLog.ID, crash, new SegmentStarter.Base(2, 65536, 7), LIFE);
        assertThat(header.baseLsn()).isEqualTo(65536);
        assertThat(header.baseBatch()).isEqualTo(7);
        assertThat(header.baseSequence()).isEqualTo(3);
        assertThat(header.predecessor()).isEqualTo(crash);
        SegmentHeaderDescriptor.encode(header, OnDisk.memory(BLOCK), 0);
    }

    @Test
    void shouldDeclareTheEndOfASegmentWithoutABatch() {
        BatchRule.Position start = BatchRule.Position.startOf(GoldenLog.SECOND);

        assertThat(SegmentStarter.endedAt(Predecessor.Kind.CRASH, GoldenLog.SECOND, start, 0))
            .isEqualTo(new Predecessor(Predecessor.Kind.CRASH, 2, 2, 0, GoldenLog.SEAL.chain(), 65536 + 4096, 3));
    }
}

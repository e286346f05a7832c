package dev.varve.engine.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.io.Directory.Access;
import dev.varve.engine.io.Errno;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DamageTest extends SimulationTest {
    private IoFile file;
    private Damage damage;

    @BeforeEach
    void begin() {
        start(1, DiskSettings.quiet());
        file = durableFile("a", 4);
        for (int i = 0; i < 4; i++) {
            queue.run(request().writeDurably(file, (long) i * BLOCK, filled(i, 1 + i)));
        }
        damage = disk.damage(PATH);
    }

    /** What is there, and still there after a power cut. */
    private byte[] settled() {
        byte[] seen = read("a");
        disk.crash(CrashMode.DROP_UNSYNCED);
        assertThat(bytes("a")).isEqualTo(seen);
        return seen;
    }

    @Test
    void shouldFlipOneBit() {
        byte[] before = bytes("a");
        damage.flipBit("a", 5000, 7);
        byte[] after = settled();

        assertThat(after[5000]).isEqualTo((byte) (before[5000] ^ 0x80));
        before[5000] = after[5000];
        assertThat(after).isEqualTo(before);
    }

    @Test
    void shouldReplaceBlocks() {
        damage.zeroBlock("a", 0);
        damage.garbleBlock("a", 1);
        damage.copyBlock("a", 3, "a", 2);
        byte[] after = settled();

        assertThat(isAll(block(after, 0), 0)).isTrue();
        assertThat(isAll(block(after, 1), 2)).isFalse();
        assertThat(isAll(block(after, 2), 4)).isTrue();
        assertThat(isAll(block(after, 3), 4)).isTrue();
    }

    @Test
    void shouldOverwriteAnyRange() {
        byte[] expected = bytes("a");
        byte[] scrap = {9, 8, 7};
        System.arraycopy(scrap, 0, expected, 1023, 3);
        damage.overwrite("a", 1023, scrap);

        assertThat(settled()).isEqualTo(expected);
        assertThatThrownBy(() -> damage.overwrite("a", 4L * BLOCK - 1, scrap)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldCutAndExtend() {
        damage.truncateTo("a", BLOCK + 10L);
        disk.crash();
        assertThat(bytes("a")).hasSize(BLOCK + 10);
        damage.truncateTo("a", 3L * BLOCK);
        byte[] after = bytes("a");

        assertThat(after).hasSize(3 * BLOCK);
        assertThat(after[BLOCK + 9]).isEqualTo((byte) 2);
        assertThat(after[BLOCK + 10]).isZero();
        assertThat(isAll(block(after, 2), 0)).isTrue();
    }

    @Test
    void shouldFailReadsOfUnreadableSectorsUntilTheyAreWritten() {
        damage.unreadable("a", BLOCK + 600L, 1);
        IoRequest good = request().read(file, 0, memory(8, 1));
        IoRequest bad = request().read(file, 0, memory(9, 2));
        queue.run(good);
        queue.add(bad);
        queue.awaitSettled(bad);
        assertThat(bad.errno()).isEqualTo(Errno.EIO);
        disk.crash();
        open();
        assertThatThrownBy(() -> read("a")).hasMessageContaining("EIO");

        queue.run(write(directory.open("a", Access.WRITE), 1, 5));
        assertThat(isAll(block(read("a"), 1), 5)).isTrue();
    }

    @Test
    void shouldTakeAndGiveBackWholeFiles() {
        byte[] saved = damage.bytes("a");
        damage.copyFile("a", "b");
        damage.remove("a");
        assertThat(directory.list()).containsExactly("b");
        damage.restore("a", saved);
        disk.crash(CrashMode.DROP_UNSYNCED);

        assertThat(damage.names()).containsExactly("a", "b");
        assertThat(damage.bytes("a")).isEqualTo(saved);
        assertThat(damage.bytes("b")).isEqualTo(saved);
        damage.zeroBlock("b", 0);
        assertThat(damage.bytes("a")).isEqualTo(saved);
    }

    @Test
    void shouldNameWhatIsMissing() {
        assertThatThrownBy(() -> damage.flipBit("x", 0, 0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("x");
        assertThatThrownBy(() -> disk.damage(Path.of("/nowhere"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> damage.flipBit("a", 4L * BLOCK, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}

package dev.varve.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class StorageSummaryTest {
    @Test
    void shouldGiveEachFactItsBits() {
        assertThat(StorageSummary.of("disk", "write back", "no", 4096).code()).isEqualTo(1 | 1 << 4 | 1 << 6 | 12 << 8);
        assertThat(StorageSummary.of("memory", "", "", 0).code()).isEqualTo(2);
        assertThat(StorageSummary.of("network", "write through", "yes", 512).code()).isEqualTo(3 | 2 << 4 | 2 << 6 | 9 << 8);
        assertThat(StorageSummary.of("user space", "", "", 0).code()).isEqualTo(4);
        assertThat(StorageSummary.of("?", "?", "?", 0)).isEqualTo(StorageSummary.UNKNOWN);
    }

    @Test
    void shouldPutItIntoWords() {
        assertThat(StorageSummary.of("disk", "write back", "no", 4096))
            .hasToString("file system disk, write cache write back, FUA no, direct I/O in 4096 bytes, kernel AIO unknown");
        assertThat(StorageSummary.UNKNOWN)
            .hasToString("file system unknown, write cache unknown, FUA unknown, direct I/O unknown, kernel AIO unknown");
    }

    @Test
    void shouldRememberWhatWasSeenOfStorageThatLooksAlike() {
        StorageSummary disk = StorageSummary.of("disk", "write back", "no", 4096);
        StorageSummary seen = disk.with(Asynchrony.ASYNCHRONOUS);
        StorageSummary denied = disk.with(Asynchrony.SYNCHRONOUS);

        assertThat(seen.code()).isEqualTo(disk.code() | 2 << 13);
        assertThat(seen.asynchrony()).isEqualTo(Asynchrony.ASYNCHRONOUS);
        assertThat(seen).hasToString("file system disk, write cache write back, FUA no, direct I/O in 4096 bytes, kernel AIO asynchronous");
        assertThat(disk.remembering(seen)).isEqualTo(seen);
        assertThat(denied.remembering(seen)).isEqualTo(denied);
        assertThat(StorageSummary.of("disk", "write back", "yes", 4096).remembering(seen).asynchrony()).isEqualTo(Asynchrony.UNKNOWN);
    }

    @Test
    void shouldRefuseWhatHasNoMeaning() {
        for (int code : new int[] {5, 0xf, 0x30, 0xc0, 3 << 13, 1 << 15, -1}) {
            assertThat(StorageSummary.isValid(code)).as("0x%x", code).isFalse();
            assertThatThrownBy(() -> new StorageSummary(code)).as("0x%x", code).isInstanceOf(IllegalArgumentException.class);
        }
    }
}

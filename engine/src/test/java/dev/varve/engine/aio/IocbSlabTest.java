package dev.varve.engine.aio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoRequest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Golden bytes: each iocb as the kernel reads it, written by hand from the table in aio_abi.h. */
class IocbSlabTest {
    private static final int SLOT = 2;
    private static final long WORD = 0x0102030405060708L;
    private static final int DESCRIPTOR = 0x11;

    private final Arena arena = Arena.ofConfined();
    private final IocbSlab slab = new IocbSlab(arena, 4);
    private final IoRequest request = new IoRequest(done -> { });
    private final MemorySegment memory = MemorySegment.ofAddress(0x7f0011223000L);
    private final IoFile file = new FileAtRest();

    @AfterEach
    void free() {
        arena.close();
    }

    private String encoded(IoRequest prepared) {
        slab.encode(SLOT, WORD, prepared, DESCRIPTOR);
        return hex();
    }

    private String hex() {
        return HexFormat.of().formatHex(slab.iocb(SLOT).toArray(ValueLayout.JAVA_BYTE));
    }

    //                                   data               key        rwflags    op     prio   fd
    private static final String PWRITE = "0807060504030201" + "00000000" + "00000000" + "0100" + "0000" + "11000000";
    private static final String DSYNC_ = "0807060504030201" + "00000000" + "02000000" + "0100" + "0000" + "11000000";
    private static final String PREAD_ = "0807060504030201" + "00000000" + "00000000" + "0000" + "0000" + "11000000";
    private static final String FSYNC_ = "0807060504030201" + "00000000" + "00000000" + "0200" + "0000" + "11000000";
    private static final String FDSYNC = "0807060504030201" + "00000000" + "00000000" + "0300" + "0000" + "11000000";
    private static final String POLL__ = "0807060504030201" + "00000000" + "00000000" + "0500" + "0000" + "11000000";
    private static final String BUFFER = "00302211007f0000";
    private static final String NOTHING = "0000000000000000".repeat(3);
    /** Reserved, flags, resfd. */
    private static final String TAIL = "0000000000000000" + "00000000" + "00000000";

    @Test
    void shouldEncodeAWrite() {
        assertThat(encoded(request.write(file, 0x10000, ofLength(0x2000))))
            .isEqualTo(PWRITE + BUFFER + "0020000000000000" + "0000010000000000" + TAIL);
    }

    @Test
    void shouldEncodeADurableWrite() {
        assertThat(encoded(request.writeDurably(file, 0x10000, ofLength(0x2000))))
            .isEqualTo(DSYNC_ + BUFFER + "0020000000000000" + "0000010000000000" + TAIL);
    }

    @Test
    void shouldEncodeARead() {
        assertThat(encoded(request.read(file, 1L << 40, ofLength(0x1000))))
            .isEqualTo(PREAD_ + BUFFER + "0010000000000000" + "0000000000010000" + TAIL);
    }

    @Test
    void shouldEncodeSyncsWithZerosWhereTransfersHadValues() {
        encoded(request.writeDurably(file, 0x10000, ofLength(0x2000)));

        assertThat(encoded(request.dataSync(file))).isEqualTo(FDSYNC + NOTHING + TAIL);
        assertThat(encoded(request.sync(file))).isEqualTo(FSYNC_ + NOTHING + TAIL);
    }

    @Test
    void shouldEncodeAPoll() {
        slab.encodePoll(SLOT, WORD, DESCRIPTOR);

        assertThat(hex()).isEqualTo(POLL__ + "0100000000000000" + "0000000000000000" + "0000000000000000" + TAIL);
    }

    @Test
    void shouldKeepSlotsApart() {
        encoded(request.write(file, 0x10000, ofLength(0x2000)));

        assertThat(slab.address(3) - slab.address(2)).isEqualTo(64);
        assertThat(slab.iocb(1).mismatch(MemorySegment.ofArray(new byte[64]))).isEqualTo(-1);
        assertThat(slab.iocb(3).mismatch(MemorySegment.ofArray(new byte[64]))).isEqualTo(-1);
    }

    @SuppressWarnings("restricted") // Pretends that memory is of another length; never touched.
    private MemorySegment ofLength(long length) {
        return memory.reinterpret(length);
    }

    /** A file nobody opens. */
    private static final class FileAtRest implements IoFile {
        @Override
        public String path() {
            return "none";
        }

        @Override
        public long length() {
            return 0;
        }

        @Override
        public int blockSize() {
            return 4096;
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }
}

package dev.varve.engine.segment;

import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageSummary;
import java.util.List;

/**
 * The small log whose bytes the golden resources show: segment 1 with one DATA batch and a SEAL, segment 2 with a CLOSE.
 *
 * <pre>
 *   segment 1   header │ DATA 1: "varve", filler, "a layer of clay." │ SEAL 2, footer │ …
 *   segment 2   header │ CLOSE 3 │ …
 * </pre>
 */
final class GoldenLog {
    static final LogId ID = new LogId(0x0123456789abcdefL, 0xfedcba9876543210L);
    static final Geometry GEOMETRY = new Geometry(4096, 16, 4, 8);
    static final long FIRST_SALT = 0xa5c3f00d5eed0001L;
    static final long SECOND_SALT = 0x1b2d3f4a5c6e7081L;
    static final long TIME_MS = 1_764_000_000_000L;

    static final SegmentHeader FIRST = new SegmentHeader(ID, 1, FIRST_SALT, 1, GEOMETRY,
        new SegmentHeader.Origin(StorageContract.DIRECT_AIO, SegmentHeader.Preparation.ALLOCATED, StorageSummary.UNKNOWN),
        0, 1, 1, Predecessor.NONE);

    static final BatchHeader DATA = new BatchHeader(BatchHeader.Kind.DATA, BatchHeader.Life.of(FIRST), 1, 1,
        new BatchHeader.Content(1, 1, 80, 1, 2), TIME_MS, 0, 0, 0xe8489031, 0xf985584c);

    static final Footer FOOTER = new Footer(List.of(new Footer.Entry(1, 1, 1, TIME_MS)), 1, 2, DATA.chain(), TIME_MS, TIME_MS);

    static final BatchHeader SEAL = new BatchHeader(BatchHeader.Kind.SEAL, BatchHeader.Life.of(FIRST), 1, 2,
        new BatchHeader.Content(2, 1, 96, 3, 0), TIME_MS + 41, 1, DATA.chain(), 0x94d0eb4b, 0x7f7c528e);

    static final SegmentHeader SECOND = new SegmentHeader(ID, 2, SECOND_SALT, 1, GEOMETRY,
        new SegmentHeader.Origin(StorageContract.DIRECT_AIO, SegmentHeader.Preparation.ZEROED, StorageSummary.UNKNOWN), 65536, 3, 3,
        new Predecessor(Predecessor.Kind.SEAL, 1, 2, 2, 0x6787fb189fc9a127L, 12288, 3));

    static final BatchHeader CLOSE = new BatchHeader(BatchHeader.Kind.CLOSE, BatchHeader.Life.of(SECOND), 1, 3,
        new BatchHeader.Content(1, 1, 0, 3, 0), TIME_MS + 99, 2, SEAL.chain(), 0xab507ec4, 0xe6ebc3fe);

    static final Manifest MANIFEST = new Manifest(ID, 9, 1, 1, 2,
        new Manifest.DurablePlace(3, 2, 1, CLOSE.chain()), true);

    private GoldenLog() {
    }
}

package dev.varve.recovery;

import dev.varve.engine.io.Directory;
import dev.varve.engine.io.IoFile;
import dev.varve.engine.io.IoQueue;
import dev.varve.engine.io.IoRequest;
import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.segment.BatchHeader;
import dev.varve.engine.segment.BatchHeader.Kind;
import dev.varve.engine.segment.BatchHeaderDescriptor;
import dev.varve.engine.segment.BatchRule.Position;
import dev.varve.engine.segment.Checksum;
import dev.varve.engine.segment.Footer;
import dev.varve.engine.segment.FooterBuilder;
import dev.varve.engine.segment.FooterDescriptor;
import dev.varve.engine.segment.Geometry;
import dev.varve.engine.segment.Manifest;
import dev.varve.engine.segment.RecordDescriptor;
import dev.varve.engine.segment.SegmentFile;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentName;
import dev.varve.engine.segment.SegmentStarter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes batches as a log's writer does, one at a time, and lies about W when asked to. */
final class TestWriter implements AutoCloseable {
    /** A record that is none: its place could not be filled. */
    static final String FILLER = "<filler>";
    static final int USER_KIND = 7;
    private static final long TIME_MS = 1_700_000_000_000L;

    private final Recovered recovered;
    private final IoQueue queue;
    private final MemorySource memory = MemorySource.collected();
    private final List<SegmentHeader> segments;
    private SegmentFile segment;
    private Position next;
    private FooterBuilder footer;
    private BatchHeader last;
    private boolean isDurable = true;

    TestWriter(Recovered recovered, IoQueue queue) {
        this.recovered = recovered;
        this.queue = queue;
        this.segments = new ArrayList<>(recovered.segments());
        this.segment = recovered.tail().segment();
        this.next = recovered.tail().next();
        this.footer = recovered.tail().footer();
    }

    SegmentHeader header() {
        return segment.header();
    }

    Position next() {
        return next;
    }

    List<SegmentHeader> segments() {
        return segments;
    }

    long endLsn() {
        return segment.header().lsnOfBlock(next.block());
    }

    /** Appends one batch, durably; it says that everything before it is synced. */
    BatchHeader append(String... records) {
        return append(next.lastBatch(), records);
    }

    /** Appends one batch, durably, that claims some W. */
    BatchHeader append(long synced, String... records) {
        return write(Kind.DATA, body(records), countOf(records), synced);
    }

    /** Appends one batch that is written and not synced. */
    BatchHeader appendWithoutSync(String... records) {
        isDurable = false;
        try {
            return append(records);
        } finally {
            isDurable = true;
        }
    }

    private static int countOf(String... records) {
        int count = 0;
        for (String payload : records) {
            count += payload.equals(FILLER) ? 0 : 1;
        }
        return count;
    }

    private byte[] body(String... records) {
        long length = 0;
        for (String payload : records) {
            length += RecordDescriptor.alignedLength(payload.getBytes(StandardCharsets.UTF_8).length);
        }
        MemorySegment body = MemorySegment.ofArray(new byte[Math.toIntExact(length)]);
        long at = 0;
        for (String text : records) {
            MemorySegment payload = MemorySegment.ofArray(text.getBytes(StandardCharsets.UTF_8));
            int meta = RecordDescriptor.meta(USER_KIND, text.equals(FILLER) ? RecordDescriptor.FLAG_FILLER : 0);
            long lsn = endLsn() + BatchHeaderDescriptor.LENGTH + at;
            int crc = RecordDescriptor.mix(RecordDescriptor.contentCrc(new Checksum(), meta, payload), segment.header().salt(), lsn);
            RecordDescriptor.encode(body, at, new RecordDescriptor.Frame((int) payload.byteSize(), meta, crc));
            body.asSlice(at + RecordDescriptor.HEADER_LENGTH, payload.byteSize()).copyFrom(payload);
            at += RecordDescriptor.alignedLength(payload.byteSize());
        }
        return body.toArray(ValueLayout.JAVA_BYTE);
    }

    /** The next batch overwrites what was appended since. */
    void backTo(Position earlier) {
        next = earlier;
    }

    /** Appends the footer. */
    BatchHeader seal() {
        Footer built = footer.build();
        MemorySegment body = MemorySegment.ofArray(new byte[FooterDescriptor.length(built)]);
        FooterDescriptor.encode(built, body, 0);
        return write(Kind.SEAL, body.toArray(ValueLayout.JAVA_BYTE), 0, next.lastBatch());
    }

    /** Appends the last batch of a clean close. */
    BatchHeader writeClose() {
        return write(Kind.CLOSE, new byte[0], 0, next.lastBatch());
    }

    BatchHeader write(Kind kind, byte[] body, int recordCount, long synced) {
        Geometry geometry = segment.header().geometry();
        int blocks = geometry.blocksFor(BatchHeaderDescriptor.LENGTH + (long) body.length);
        MemorySegment bytes = memory.allocate((long) blocks * geometry.blockSize(), geometry.blockSize());
        bytes.asSlice(BatchHeaderDescriptor.LENGTH, body.length).copyFrom(MemorySegment.ofArray(body));
        BatchHeader header = new BatchHeader(kind, BatchHeader.Life.of(segment.header()), manifest().epoch(), next.batch(),
            new BatchHeader.Content(next.block(), blocks, body.length, next.sequence(), recordCount), TIME_MS, synced, next.chain(),
            Checksum.of(bytes, BatchHeaderDescriptor.LENGTH, bytes.byteSize() - BatchHeaderDescriptor.LENGTH), 0);
        BatchHeaderDescriptor.encode(header, bytes, 0);
        IoRequest request = new IoRequest(_ -> { });
        long offset = (long) next.block() * geometry.blockSize();
        queue.run(isDurable ? request.writeDurably(segment.file(), offset, bytes) : request.write(segment.file(), offset, bytes));
        last = BatchHeaderDescriptor.decode(bytes, 0);
        footer.add(last);
        next = Position.behind(last);
        return last;
    }

    /** Prepares and names the next segment without beginning it. */
    IoFile prepareNext() {
        Directory directory = recovered.directory().directory();
        IoFile file = directory.create(SegmentName.of(header().segment() + 1), header().geometry().length());
        queue.run(new IoRequest(_ -> { }).sync(file));
        directory.sync();
        writeManifest(manifest().next(header().segment() + 1, manifest().durable(), false));
        return file;
    }

    /** Seals the segment and begins the next. */
    void roll() {
        beginNext(seal());
    }

    void beginNext(BatchHeader seal) {
        IoFile file = prepareNext();
        SegmentStarter.NewLife life = new SegmentStarter.NewLife(0x5a17 + header().segment() * 31, recovered.manifest().current().epoch(),
            header().geometry(), header().origin());
        begin(file, SegmentStarter.afterSeal(header(), seal, life));
    }

    void begin(IoFile file, SegmentHeader header) {
        SegmentStarter starter = new SegmentStarter(queue, memory.allocate(header.geometry().blockSize(), header.geometry().blockSize()));
        starter.start(file, header);
        segment.close();
        segment = starter.await();
        segments.add(header);
        next = Position.startOf(header);
        footer = new FooterBuilder(header);
    }

    /** Writes the last batch's place into the manifest. */
    void anchor() {
        writeManifest(manifest().next(manifest().highestSegment(), place(), false));
    }

    Manifest.DurablePlace place() {
        return new Manifest.DurablePlace(last.batch(), header().segment(), last.content().block(), last.chain());
    }

    /** Closes as a log does that is closed by its owner. */
    void closeCleanly() {
        writeClose();
        writeManifest(manifest().next(manifest().highestSegment(), place(), true));
        close();
    }

    Manifest manifest() {
        return recovered.manifest().current();
    }

    void writeManifest(Manifest manifest) {
        recovered.manifest().writeNow(manifest);
    }

    Recovered recovered() {
        return recovered;
    }

    /** Lets go of everything as a process does that ends. */
    @Override
    public void close() {
        recovered.spares().forEach(spare -> spare.file().close());
        segment.close();
        recovered.manifest().close();
        queue.close();
        recovered.directory().close();
    }
}

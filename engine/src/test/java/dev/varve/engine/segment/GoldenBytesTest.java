package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Both ways: these values give exactly these bytes, and these bytes exactly these values. */
class GoldenBytesTest {
    private static final int BLOCK = 4096;

    /** Memory that no encoder may count on to be clean. */
    private static MemorySegment dirty(int length) {
        MemorySegment memory = MemorySegment.ofArray(new byte[length]);
        memory.fill((byte) 0x5a);
        return memory;
    }

    private static byte[] bytes(MemorySegment memory) {
        return memory.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void shouldKeepTheSegmentHeader() {
        assertSegmentHeader("segment-header", GoldenLog.SECOND);
        assertSegmentHeader("segment-header-origin", GoldenLog.FIRST);
    }

    private static void assertSegmentHeader(String resource, SegmentHeader header) {
        GoldenBytes golden = GoldenBytes.of(resource);
        MemorySegment encoded = dirty(SegmentHeaderDescriptor.LENGTH);
        SegmentHeaderDescriptor.encode(header, encoded, 0);

        assertThat(bytes(encoded)).isEqualTo(golden.bytes());
        assertThat(SegmentHeaderDescriptor.decode(golden.memory(), 0)).isEqualTo(header);
    }

    @Test
    void shouldKeepTheManifest() {
        GoldenBytes golden = GoldenBytes.of("manifest");
        MemorySegment encoded = dirty(ManifestDescriptor.LENGTH);
        ManifestDescriptor.encode(GoldenLog.MANIFEST, encoded, 0);

        assertThat(bytes(encoded)).isEqualTo(golden.bytes());
        assertThat(ManifestDescriptor.decode(golden.memory(), 0)).isEqualTo(GoldenLog.MANIFEST);
    }

    @Test
    void shouldKeepTheFooter() {
        GoldenBytes golden = GoldenBytes.of("footer");
        MemorySegment encoded = dirty(FooterDescriptor.length(GoldenLog.FOOTER));
        FooterDescriptor.encode(GoldenLog.FOOTER, encoded, 0);

        assertThat(bytes(encoded)).isEqualTo(golden.bytes());
        assertThat(FooterDescriptor.decode(golden.memory(), 0)).isEqualTo(GoldenLog.FOOTER);
    }

    @Test
    void shouldKeepTheBatchHeaders() {
        assertBatchHeader("batch-data", GoldenLog.DATA);
        assertBatchHeader("batch-seal", GoldenLog.SEAL);
        assertBatchHeader("batch-close", GoldenLog.CLOSE);
    }

    private static void assertBatchHeader(String resource, BatchHeader header) {
        GoldenBytes golden = GoldenBytes.of(resource);
        MemorySegment encoded = dirty(BatchHeaderDescriptor.LENGTH);
        int crc = BatchHeaderDescriptor.encode(header, encoded, 0);

        assertThat(bytes(encoded)).isEqualTo(Arrays.copyOf(golden.bytes(), BatchHeaderDescriptor.LENGTH));
        assertThat(crc).isEqualTo(header.headerCrc());
        assertThat(BatchHeaderDescriptor.decode(golden.memory(), 0)).isEqualTo(header);
    }

    @Test
    void shouldKeepAWholeBatchOfRecords() {
        MemorySegment encoded = dirty(BLOCK);
        encoded.asSlice(BatchHeaderDescriptor.LENGTH).fill((byte) 0);
        int at = BatchHeaderDescriptor.LENGTH;
        at += record(encoded, at, RecordDescriptor.meta(0xbeef, 0), "varve");
        at += record(encoded, at, RecordDescriptor.meta(0, RecordDescriptor.FLAG_FILLER), "\0".repeat(8));
        at += record(encoded, at, RecordDescriptor.meta(7, 0), "a layer of clay.");
        int bodyCrc = Checksum.of(encoded, BatchHeaderDescriptor.LENGTH, BLOCK - BatchHeaderDescriptor.LENGTH);

        assertThat(at - BatchHeaderDescriptor.LENGTH).isEqualTo(GoldenLog.DATA.content().bodyLength());
        assertThat(bodyCrc).isEqualTo(GoldenLog.DATA.bodyCrc());
        BatchHeaderDescriptor.encode(GoldenLog.DATA, encoded, 0);
        assertThat(bytes(encoded)).isEqualTo(GoldenBytes.of("batch-data").bytes());
    }

    private static int record(MemorySegment memory, int at, int meta, String text) {
        MemorySegment payload = MemorySegment.ofArray(text.getBytes(StandardCharsets.US_ASCII));
        int crc = RecordDescriptor.contentCrc(new Checksum(), meta, payload);
        int bound = RecordDescriptor.mix(crc, GoldenLog.FIRST_SALT, GoldenLog.FIRST.lsnOfBlock(1) + at);
        RecordDescriptor.encode(memory, at, new RecordDescriptor.Frame((int) payload.byteSize(), meta, bound));
        memory.asSlice(at + RecordDescriptor.HEADER_LENGTH, payload.byteSize()).copyFrom(payload);
        return (int) RecordDescriptor.alignedLength(payload.byteSize());
    }

    @Test
    void shouldCoverTheFooterAndThePaddingByTheBodysChecksum() {
        MemorySegment seal = GoldenBytes.of("batch-seal").memory();
        int length = GoldenLog.SEAL.content().bodyLength();

        assertThat(FooterDescriptor.check(seal, BatchHeaderDescriptor.LENGTH, BatchHeaderDescriptor.LENGTH + length))
            .isEqualTo(Defect.NONE);
        assertThat(FooterDescriptor.decode(seal, BatchHeaderDescriptor.LENGTH)).isEqualTo(GoldenLog.FOOTER);
        assertThat(Checksum.of(seal, BatchHeaderDescriptor.LENGTH, BLOCK - BatchHeaderDescriptor.LENGTH))
            .isEqualTo(GoldenLog.SEAL.bodyCrc());
    }

    @Test
    void shouldChainTheBatchesOfTheWorkedLog() {
        assertThat(GoldenLog.SEAL.previousChain()).isEqualTo(GoldenLog.DATA.chain());
        assertThat(GoldenLog.SECOND.predecessor().chain()).isEqualTo(GoldenLog.SEAL.chain());
        assertThat(GoldenLog.CLOSE.previousChain()).isEqualTo(GoldenLog.SEAL.chain());
        assertThat(GoldenLog.MANIFEST.durable().chain()).isEqualTo(GoldenLog.CLOSE.chain());
    }
}

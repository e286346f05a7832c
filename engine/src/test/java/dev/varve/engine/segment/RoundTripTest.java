package dev.varve.engine.segment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.io.StorageContract;
import dev.varve.engine.io.StorageSummary;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Encoding and decoding are each other's inverse over all values that may be written. */
class RoundTripTest {
    private static final long MAX = SegmentHeaderDescriptor.NUMBER_MAX;

    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldKeepSegmentHeaders(@ForAll("segmentHeaders") SegmentHeader header, @ForAll @IntRange(max = 99) int at) {
        MemorySegment memory = dirty(at + SegmentHeaderDescriptor.LENGTH);
        SegmentHeaderDescriptor.encode(header, memory, at);

        assertThat(SegmentHeaderDescriptor.check(memory, at)).isEqualTo(Defect.NONE);
        assertThat(SegmentHeaderDescriptor.decode(memory, at)).isEqualTo(header);
    }

    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldKeepManifests(@ForAll("manifests") Manifest manifest, @ForAll @IntRange(max = 99) int at) {
        MemorySegment memory = dirty(at + ManifestDescriptor.LENGTH);
        ManifestDescriptor.encode(manifest, memory, at);

        assertThat(ManifestDescriptor.check(memory, at)).isEqualTo(Defect.NONE);
        assertThat(ManifestDescriptor.decode(memory, at)).isEqualTo(manifest);
    }

    @Property
    void shouldKeepBatchHeaders(@ForAll long seed, @ForAll BatchHeader.Kind kind, @ForAll @IntRange(max = 99) int at) {
        Random random = new Random(seed);
        BatchHeader header = new BatchHeader(kind, new BatchHeader.Life(random.nextLong(), random.nextLong(), random.nextLong()),
            random.nextLong(), random.nextLong(), new BatchHeader.Content(random.nextInt(), random.nextInt(), random.nextInt(),
                random.nextLong(), random.nextInt()),
            random.nextLong(), random.nextLong(), random.nextLong(), random.nextInt(), 0);
        MemorySegment memory = dirty(at + BatchHeaderDescriptor.LENGTH);
        int crc = BatchHeaderDescriptor.encode(header, memory, at);
        BatchHeader withCrc = new BatchHeader(kind, header.life(), header.epoch(), header.batch(), header.content(), header.timeMs(),
            header.synced(), header.previousChain(), header.bodyCrc(), crc);

        assertThat(BatchHeaderDescriptor.check(memory, at)).isEqualTo(Defect.NONE);
        assertThat(BatchHeaderDescriptor.decode(memory, at)).isEqualTo(withCrc);
    }

    @Property
    void shouldKeepFooters(@ForAll long seed, @ForAll @IntRange(max = 122) int count) {
        Random random = new Random(seed);
        List<Footer.Entry> entries = new ArrayList<>();
        int block = 0;
        long batch = random.nextLong(MAX);
        long sequence = 1 + random.nextLong(MAX);
        for (int i = 0; i < count; i++) {
            block += 1 + random.nextInt(1000);
            batch += 1 + random.nextInt(1000);
            sequence += random.nextInt(1000);
            entries.add(new Footer.Entry(block, batch, sequence, random.nextLong()));
        }
        Footer footer = new Footer(List.copyOf(entries), count + random.nextInt(1000), random.nextLong(MAX), random.nextLong(),
            random.nextLong(), random.nextLong());
        MemorySegment memory = dirty(FooterDescriptor.length(footer));
        FooterDescriptor.encode(footer, memory, 0);

        assertThat(FooterDescriptor.check(memory, 0, memory.byteSize())).isEqualTo(Defect.NONE);
        assertThat(FooterDescriptor.decode(memory, 0)).isEqualTo(footer);
    }

    @Property(edgeCases = EdgeCasesMode.NONE)
    void shouldKeepRecords(@ForAll @Size(max = 300) byte[] payload, @ForAll @IntRange(max = 0x1ffff) int flagAndKind, @ForAll long salt,
                           @ForAll long lsn) {
        int meta = RecordDescriptor.meta(flagAndKind & 0xffff, flagAndKind >>> 16);
        RecordDescriptor.Place place = new RecordDescriptor.Place(salt, lsn);
        int crc = RecordDescriptor.contentCrc(new Checksum(), meta, MemorySegment.ofArray(payload));
        MemorySegment memory = dirty((int) RecordDescriptor.alignedLength(payload.length));
        RecordDescriptor.encode(memory, 0, new RecordDescriptor.Frame(payload.length, meta,
            RecordDescriptor.mix(crc, place.salt(), place.lsn())));
        memory.asSlice(RecordDescriptor.HEADER_LENGTH, payload.length).copyFrom(MemorySegment.ofArray(payload));

        assertThat(RecordDescriptor.check(memory, 0, memory.byteSize())).isEqualTo(Defect.NONE);
        assertThat(RecordDescriptor.checkCrc(memory, 0, place, new Checksum())).isEqualTo(Defect.NONE);
        assertThat(RecordDescriptor.length(memory, 0)).isEqualTo(payload.length);
        assertThat(RecordDescriptor.meta(RecordDescriptor.kind(memory, 0), RecordDescriptor.flags(memory, 0))).isEqualTo(meta);
    }

    private static MemorySegment dirty(int length) {
        MemorySegment memory = MemorySegment.ofArray(new byte[length]);
        memory.fill((byte) 0x5a);
        return memory;
    }

    private static Arbitrary<Long> numbers() {
        return Arbitraries.longs().between(1, MAX);
    }

    private static Arbitrary<LogId> logIds() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as((high, low) -> new LogId(high, low | 1));
    }

    private static Arbitrary<Geometry> geometries() {
        return Combinators.combine(Arbitraries.integers().between(12, 16), Arbitraries.integers().between(5, 1 << 18),
                Arbitraries.integers().between(1, Geometry.UNSYNCED_MAX_LIMIT), Arbitraries.doubles().between(0, 1))
            .as((shift, blockCount, unsyncedMax, share) -> new Geometry(1 << shift, blockCount, unsyncedMax,
                (int) Math.max(1, share * Math.min(blockCount - Geometry.RESERVED_BLOCKS, Geometry.BATCH_LENGTH_MAX >> shift))));
    }

    @Provide
    Arbitrary<SegmentHeader> segmentHeaders() {
        Arbitrary<SegmentHeader.Origin> origins = Arbitraries.of(SegmentHeader.Preparation.values())
            .map(preparation -> new SegmentHeader.Origin(StorageContract.DIRECT_AIO, preparation,
                StorageSummary.of("disk", "write back", "no", 4096)));
        return Combinators.combine(logIds(), numbers(), Arbitraries.longs(), geometries(), origins,
                Arbitraries.of(Predecessor.Kind.values()), Arbitraries.randoms().withoutEdgeCases())
            .as((logId, epoch, salt, geometry, origin, kind, random) -> {
                long segment = kind == Predecessor.Kind.ORIGIN ? 1 : 2 + random.nextLong(MAX - 1);
                long baseLsn = random.nextLong(MAX - geometry.length() + 1);
                long baseBatch = 1 + random.nextLong(MAX);
                long sequence = 1 + random.nextLong(MAX);
                Predecessor predecessor = new Predecessor(kind, kind == Predecessor.Kind.ORIGIN ? 0 : 1 + random.nextLong(segment - 1),
                    random.nextLong(baseBatch), random.nextInt(Integer.MAX_VALUE), random.nextLong(), random.nextLong(baseLsn + 1),
                    sequence);
                return new SegmentHeader(logId, segment, salt, epoch, geometry, origin, baseLsn, baseBatch, sequence, predecessor);
            });
    }

    @Provide
    Arbitrary<Manifest> manifests() {
        return Combinators.combine(logIds(), numbers(), numbers(), numbers(), Arbitraries.of(true, false), Arbitraries.randoms())
            .as((logId, generation, epoch, highest, clean, random) -> new Manifest(logId, generation, epoch,
                1 + random.nextLong(highest), highest, new Manifest.DurablePlace(random.nextLong(MAX), random.nextLong(highest + 1),
                    random.nextInt(Integer.MAX_VALUE), random.nextLong()), clean));
    }
}

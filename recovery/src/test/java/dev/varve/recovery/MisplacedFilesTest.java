package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.varve.engine.segment.ManifestDescriptor;
import dev.varve.engine.segment.SegmentHeader;
import dev.varve.engine.segment.SegmentHeaderDescriptor;
import dev.varve.engine.segment.SegmentName;
import dev.varve.recovery.DirectoryState.Content;
import dev.varve.recovery.ShapedLog.Examiner;
import dev.varve.recovery.ShapedLog.Held;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Files of a log are missing, doubled, exchanged, cut, extended, or come from elsewhere, one at a time and every two of these together.
 * What must be said of each directory is told by {@link DirectoryState}. Each is inspected, on a disk that cannot be written, and each is
 * opened for writing: a refusal changes nothing, an opening keeps every record.
 */
@Timeout(600)
class MisplacedFilesTest {
    private static final int BLOCK = ShapedLog.BLOCK;
    private static final long LENGTH = LogFixture.SMALL.length();
    private static final int ALL_LENGTHS = 4096;

    /** A change to a directory. */
    private interface Change extends UnaryOperator<DirectoryState> {
    }

    private ShapedLog log;
    private ShapedLog other;
    private DiskImage image;
    private Examiner examiner;
    private LogFixture fixture;
    private byte[] manifest;
    private int opened;
    private int refused;

    private void make(LogShape shape) {
        log = shape.make();
        other = (shape == LogShape.CLOSED ? LogShape.ANCHORED : LogShape.CLOSED).make();
        image = log.image().copy();
        manifest = log.image().bytes(SegmentName.MANIFEST);
        examiner = new Examiner(image);
        fixture = LogFixture.simulated(shape.seed());
        fixture.open();
        fixture.crash();
    }

    private Map<String, Change> changes() {
        Map<String, Change> changes = new LinkedHashMap<>();
        for (long number = 1; number <= 3; number++) {
            addFor(number, changes);
        }
        changes.put("slot 0 lost", state -> state.withoutSlots(Set.of(0)));
        changes.put("slot 1 lost", state -> state.withoutSlots(Set.of(1)));
        changes.put("both slots lost", state -> state.withoutSlots(Set.of(0, 1)));
        changes.put("MANIFEST missing", state -> state.withManifestOf(null));
        changes.put("MANIFEST of another log", state -> state.withManifestOf(state.other()));
        return changes;
    }

    private void addFor(long number, Map<String, Change> changes) {
        String name = "segment " + number + " ";
        changes.put(name + "missing", state -> state.with(number, null));
        changes.put(name + "doubled as 4", state -> state.with(4, state.files().get(number)));
        changes.put(name + "renamed to 5", state -> state.with(5, state.files().get(number)).with(number, null));
        changes.put(name + "of another log", state -> state.with(number, new Content(state.other(), number, false, LENGTH)));
        changes.put(name + "of another life", state -> state.with(number, new Content(state.log(), number, true, LENGTH)));
        changes.put(name + "zeroed", state -> state.with(number, new Content(null, 0, false, LENGTH)));
        for (long from = 1; from <= 3; from++) {
            long source = from;
            if (from != number) {
                changes.put(name + "replaced by " + from, state -> state.with(number, state.files().get(source)));
                changes.put(name + "exchanged with " + from,
                    state -> state.with(number, state.files().get(source)).with(source, state.files().get(number)));
            }
        }
        for (long length : new long[] {0, 100, BLOCK, BLOCK + 200, 3 * BLOCK, 6 * BLOCK + 1, LENGTH - 1, LENGTH + 1, LENGTH + 5 * BLOCK}) {
            changes.put(name + "of " + length + " bytes", state -> cut(state, number, length));
        }
    }

    private static DirectoryState cut(DirectoryState state, long number, long length) {
        return state.files().get(number) == null ? state : state.with(number, state.files().get(number).cutTo(length));
    }

    private byte[] bytesOf(Content content) {
        byte[] bytes = content.of() == null ? new byte[(int) LENGTH] : content.of().image().bytes(SegmentName.of(content.number()));
        if (content.isBare()) {
            SegmentHeader header = content.of().headers().get((int) content.number() - 1);
            MemorySegment memory = MemorySegment.ofArray(bytes);
            SegmentHeader earlier = new SegmentHeader(header.logId(), header.segment(), header.salt() + 1, header.epoch(),
                header.geometry(), header.origin(), header.baseLsn(), header.baseBatch(), header.baseSequence(), header.predecessor());
            SegmentHeaderDescriptor.encode(earlier, memory, 0);
            SegmentHeaderDescriptor.encode(earlier, memory, LENGTH - BLOCK);
        }
        return Arrays.copyOf(bytes, (int) content.length());
    }

    /** Lays a directory out; a lost slot is zero, or what the other slot holds, as if one write had gone to the wrong place. */
    private void layOut(DirectoryState state, boolean isSetBack) {
        state.layOut(image, this::bytesOf);
        if (state.whose() == null) {
            image.remove(SegmentName.MANIFEST);
            return;
        }
        byte[] bytes = state.whose().image().bytes(SegmentName.MANIFEST);
        for (int slot : state.slots()) {
            int other = (1 - slot) * ManifestDescriptor.SLOT_DISTANCE;
            byte[] content = isSetBack ? Arrays.copyOfRange(bytes, other, other + BLOCK) : new byte[BLOCK];
            System.arraycopy(content, 0, bytes, slot * ManifestDescriptor.SLOT_DISTANCE, BLOCK);
        }
        image.put(SegmentName.MANIFEST, bytes);
    }

    private void check(String what, DirectoryState state, boolean isOpened) {
        check(what, state, false, isOpened);
        if (state.slots().size() == 1) {
            check(what + ", set back", state, true, isOpened);
        }
    }

    private void check(String what, DirectoryState state, boolean isSetBack, boolean isOpened) {
        layOut(state, isSetBack);
        Outcome expected = state.expect();
        Inspection inspection = examiner.inspect();
        List<Held> read = examiner.read(inspection.chain());
        RecoveryReport report = inspection.report();
        if (report.verdict() != expected.verdict() || !read.equals(state.meant().records().subList(0, expected.reads()))) {
            fail("%s: %s (%s), %d records read, instead of %s", what, report.verdict(), report.detail(), read.size(), expected);
        }
        if (isOpened) {
            open(what, expected);
        }
    }

    private static Map<String, byte[]> files(LogFixture fixture) {
        Map<String, byte[]> files = new TreeMap<>();
        fixture.damage().names().forEach(name -> files.put(name, fixture.damage().bytes(name)));
        return files;
    }

    /** The same directory on a disk that can be written. */
    private void open(String what, Outcome expected) {
        LogFixture writable = fixture.fork();
        writable.damage().names().forEach(name -> {
            if (image.file(name) == null) {
                writable.damage().remove(name);
            }
        });
        image.names().forEach(name -> writable.damage().restore(name, image.bytes(name)));
        Map<String, byte[]> before = files(writable);
        RecoveryOptions options = writable.options(RecoveryOptions.VerifyAtOpen.ALL, 0);
        if (expected.verdict().isOpenable()) {
            assertThat(writable.open(options).recovered().report().verdict()).as(what).isEqualTo(expected.verdict());
            writable.crash();
            List<String> records = log.records().subList(0, expected.reads()).stream().map(Held::payload).toList();
            assertThat(writable.read()).as(what).isEqualTo(records);
            opened++;
        } else {
            assertThat(writable.refusal(options).verdict()).as(what).isEqualTo(expected.verdict());
            assertThat(files(writable)).as(what).containsExactlyEntriesOf(before);
            refused++;
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyDirectoryThatWasDisturbedOnceOrTwiceIsReportedAsTheTableSays(LogShape shape) {
        make(shape);
        long startNs = System.nanoTime();
        Map<String, Change> changes = changes();
        DirectoryState whole = DirectoryState.of(log, other);
        check("nothing", whole, true);
        changes.forEach((what, change) -> check(what, change.apply(whole), true));
        // Every pair is inspected; opening costs a hundred times as much.
        int step = Boolean.getBoolean("varve.torture") ? 1 : 17;
        int count = 0;
        for (Map.Entry<String, Change> first : changes.entrySet()) {
            for (Map.Entry<String, Change> second : changes.entrySet()) {
                check(first.getKey() + ", " + second.getKey(), second.getValue().apply(first.getValue().apply(whole)), count++ % step == 0);
            }
        }
        System.out.println(shape + ": " + changes.size() + " changes, " + count + " pairs, " + opened + " opened, " + refused
            + " refused, in " + (System.nanoTime() - startNs) / 1_000_000 + " ms");
        assertThat(Math.min(opened, refused)).isGreaterThan(10);
    }

    @ParameterizedTest
    @EnumSource
    void whereverASegmentIsCutItsMissingBlocksCountAsDamaged(LogShape shape) {
        make(shape);
        DirectoryState whole = DirectoryState.of(log, other);
        for (long number = 1; number <= 3; number++) {
            for (long length = 0; length <= LENGTH; length += length < ALL_LENGTHS ? shape == LogShape.CRASHED ? 1 : 64 : BLOCK) {
                check("segment " + number + " of " + length + " bytes", cut(whole, number, length), length % BLOCK == 0);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aManifestThatWasCutHasTheSlotsWhoseBlocksAreThere(LogShape shape) {
        make(shape);
        int second = ManifestDescriptor.SLOT_DISTANCE;
        for (int length : new int[] {0, 100, 128, BLOCK - 1, BLOCK, second, second + 128, second + BLOCK - 1, second + BLOCK,
            2 * second - 1, 2 * second, 2 * second + 1, 3 * second}) {
            Set<Integer> lost = length < BLOCK ? Set.of(0, 1) : length < second + BLOCK ? Set.of(1) : Set.of();
            Outcome expected = DirectoryState.of(log, other).withoutSlots(lost).expect();
            image.put(SegmentName.MANIFEST, Arrays.copyOf(manifest, length));
            RecoveryReport report = examiner.inspect().report();
            assertThat(report.verdict()).as("%d bytes: %s", length, report.detail()).isEqualTo(expected.verdict());
            open("a manifest of " + length + " bytes", expected);
        }
    }
}

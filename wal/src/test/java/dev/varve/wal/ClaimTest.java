package dev.varve.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.engine.memory.MemorySource;
import dev.varve.engine.simulation.DiskSettings;
import dev.varve.engine.simulation.SimulatedDisk;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ClaimTest {
    private static final int LARGE = Claim.IN_PLACE_LENGTH;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(1 << 20, 200_000)
        .withLimits(new LogConfig.Limits(200_000, 1 << 20, 4));

    private final SimulatedDisk disk = new SimulatedDisk(21, DiskSettings.quiet().threaded());
    private final List<MemorySegment> allocated = new ArrayList<>();
    private final Map<Long, MemorySegment> outstanding = new ConcurrentHashMap<>();
    private final WriteAheadLog log = WriteAheadLog.open(Path.of("log"), CONFIG,
        new Environment(disk, new Noting(), new SplittableRandom(1), disk::nowNs, () -> 0));

    /** Notes what it gives out. */
    private final class Noting implements MemorySource {
        @Override
        public MemorySegment allocate(long length, int alignment) {
            MemorySegment memory = MemorySource.collected().allocate(length, alignment);
            synchronized (allocated) {
                allocated.add(memory);
            }
            outstanding.put(memory.address(), memory);
            return memory;
        }

        @Override
        public void free(MemorySegment memory) {
            assertThat(outstanding.remove(memory.address())).isNotNull();
            MemorySource.collected().free(memory);
        }
    }

    @AfterEach
    void close() {
        log.close();
        assertThat(outstanding).as("memory that was never given back").isEmpty();
    }

    @Test
    void whileClaimsHoldTheRestOneBufferIsEnoughForOneRecordAfterTheOther() {
        List<Claim> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(log.claim(200_000));
        }
        for (int i = 0; i < 5; i++) {
            assertThat(log.append(new byte[i])).isPositive();
        }
        held.forEach(Claim::close);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, LARGE - 1, LARGE, LARGE + 1, 200_000})
    void whatWasWrittenIntoItIsTheRecord(int length) {
        byte[] bytes = Payloads.of(length, length);
        try (Claim claim = log.claim(AppendOptions.ofKind(9), length)) {
            assertThat(claim.payload().byteSize()).isEqualTo(length);
            claim.payload().copyFrom(MemorySegment.ofArray(bytes));
            long lsn = claim.commit();
            Payloads.Read read = Payloads.all(log).getFirst();
            assertThat(read.lsn()).isEqualTo(lsn);
            assertThat(read.kind()).isEqualTo(9);
            assertThat(read.payload()).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {10, LARGE})
    void closedWithoutCommitItLeavesNoTrace(int length) {
        long tail = log.tailLsn();
        for (int i = 0; i < 100; i++) {
            try (Claim claim = log.claim(length)) {
                claim.payload().fill((byte) 1);
            }
        }
        assertThat(log.tailLsn()).isEqualTo(tail);
        log.append(new byte[1]);
        assertThat(Payloads.all(log)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, LARGE})
    void anOpenClaimHoldsNoPlaceSoOthersGoOn(int length) {
        try (Claim claim = log.claim(length)) {
            for (int i = 0; i < 20; i++) {
                log.append(new byte[1000]);
            }
            log.sync();
            claim.payload().fill((byte) 2);
            assertThat(claim.commit()).isGreaterThan(log.headLsn());
        }
        assertThat(Payloads.all(log)).hasSize(21);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, LARGE})
    void afterCommitOrCloseItAndItsMemoryAreOver(int length) {
        MemorySegment payload;
        try (Claim claim = log.claim(length)) {
            payload = claim.payload();
            claim.commit();
            assertThatThrownBy(claim::commit).isInstanceOf(IllegalStateException.class).hasMessageContaining("committed");
            assertThatThrownBy(claim::payload).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> payload.set(ValueLayout.JAVA_BYTE, 0, (byte) 1)).isInstanceOf(IllegalStateException.class);
        }
        Claim aborted = log.claim(length);
        MemorySegment late = aborted.payload();
        aborted.close();
        aborted.close();
        assertThatThrownBy(aborted::commit).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> late.fill((byte) 1)).isInstanceOf(IllegalStateException.class);
        assertThat(Payloads.all(log)).hasSize(1);
    }

    @Test
    void itIsItsThreadsOwn() {
        try (Claim claim = log.claim(10)) {
            MemorySegment payload = claim.payload();
            assertThatThrownBy(() -> CompletableFuture.runAsync(() -> payload.fill((byte) 1)).join())
                .isInstanceOf(CompletionException.class).hasCauseInstanceOf(WrongThreadException.class);
        }
    }

    @Test
    void aLargeOneLiesWhereTheKernelReadsAndASmallOneDoesNot() {
        try (Claim small = log.claim(LARGE - 1); Claim large = log.claim(LARGE)) {
            assertThat(isAmongBuffers(small.payload())).isFalse();
            assertThat(isAmongBuffers(large.payload())).isTrue();
            int before = allocated.size();
            large.payload().fill((byte) 7);
            large.commit();
            assertThat(allocated.stream().skip(before).filter(memory -> memory.byteSize() >= LARGE && memory.byteSize() < 256 * 1024))
                .as("no other buffer of its size was needed").isEmpty();
        }
    }

    private boolean isAmongBuffers(MemorySegment payload) {
        synchronized (allocated) {
            return allocated.stream().anyMatch(memory -> payload.address() >= memory.address()
                && payload.address() + payload.byteSize() <= memory.address() + memory.byteSize());
        }
    }

    @Test
    void whenTheBuffersAreUsedUpALargeOneWaitsUntilAnotherIsGivenBack() {
        List<Claim> held = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            held.add(log.claim(200_000));
        }
        CompletableFuture<Long> waiting = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (Claim claim = log.claim(200_000)) {
                claim.payload().fill((byte) 4);
                waiting.complete(claim.commit());
            } catch (RuntimeException e) {
                waiting.completeExceptionally(e);
            }
        });
        held.removeFirst().close();
        held.removeFirst().close();
        assertThat(waiting.join()).isPositive();
        held.forEach(Claim::close);
    }
}

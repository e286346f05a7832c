package dev.varve.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.segment.RecordDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PayloadCountTest {
    private static final int LENGTH = 4096;
    private static final int OFFSET = 1 << 20;

    private static MemorySegment body(Random random, long[] payload, long[] end) {
        MemorySegment body = MemorySegment.ofArray(new byte[LENGTH]);
        long at = 0;
        for (int length = 0; at + RecordDescriptor.alignedLength(length) <= LENGTH; length = random.nextInt(60)) {
            boolean isFiller = random.nextInt(4) == 0;
            RecordDescriptor.encode(body, at, new RecordDescriptor.Frame(length,
                RecordDescriptor.meta(random.nextInt(1 << Short.SIZE), isFiller ? RecordDescriptor.FLAG_FILLER : 0), random.nextInt()));
            body.asSlice(at + RecordDescriptor.HEADER_LENGTH, length).fill((byte) -1);
            payload[0] += isFiller ? 0 : length;
            at += RecordDescriptor.alignedLength(length);
        }
        end[0] = at;
        return body;
    }

    @Test
    void countsPayloadWithoutPaddingAndFillersWhereverTheBodyIsCut() {
        for (int seed = 0; seed < 50; seed++) {
            long[] payload = new long[1];
            long[] end = new long[1];
            MemorySegment body = body(new Random(seed), payload, end);
            for (int stretch = 8; stretch <= LENGTH; stretch *= 2) {
                PayloadCount count = new PayloadCount();
                count.start(OFFSET, OFFSET + end[0]);
                for (int from = 0; from < LENGTH; from += stretch) {
                    // Only this stretch is there to be looked at.
                    count.take(body.asSlice(from, stretch), -(long) OFFSET - from, OFFSET + from + stretch);
                }
                assertThat(count.bytes()).as("seed %d, stretch %d", seed, stretch).isEqualTo(payload[0]).isPositive();
            }
        }
    }

    @Test
    void looksAtNothingOutsideABodyOfGarbage() {
        for (int seed = 0; seed < 1000; seed++) {
            byte[] garbage = new byte[LENGTH];
            new Random(seed).nextBytes(garbage);
            PayloadCount count = new PayloadCount();
            count.start(0, LENGTH);
            count.take(MemorySegment.ofArray(garbage), 0, LENGTH);
            assertThat(count.bytes()).as("seed %d", seed).isNotNegative();
        }
    }
}

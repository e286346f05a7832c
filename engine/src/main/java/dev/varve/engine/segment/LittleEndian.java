package dev.varve.engine.segment;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The four accesses that every descriptor is made of, little-endian and unaligned. */
final class LittleEndian {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private LittleEndian() {
    }

    static int u8(MemorySegment memory, long at) {
        return memory.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    static void u8(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) value);
    }

    static int u16(MemorySegment memory, long at) {
        return memory.get(SHORT, at) & 0xffff;
    }

    static void u16(MemorySegment memory, long at, int value) {
        memory.set(SHORT, at, (short) value);
    }

    static int i32(MemorySegment memory, long at) {
        return memory.get(INT, at);
    }

    static void i32(MemorySegment memory, long at, int value) {
        memory.set(INT, at, value);
    }

    static long i64(MemorySegment memory, long at) {
        return memory.get(LONG, at);
    }

    static void i64(MemorySegment memory, long at, long value) {
        memory.set(LONG, at, value);
    }
}

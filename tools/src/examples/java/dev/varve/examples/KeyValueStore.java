package dev.varve.examples;

import dev.varve.wal.Cursor;
import dev.varve.wal.Environment;
import dev.varve.wal.LogConfig;
import dev.varve.wal.WriteAheadLog;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * A small key-value store on the log: a map in memory, of which every change is a record. What {@link #put} and {@link #delete} have done
 * when they return survives a power cut; opening replays the log.
 *
 * <pre>
 *   put, delete ──► record, durable ──► map            open: every record, in order ──► map
 *
 *   record of kind PUT      length of the key, 4 bytes │ key │ value
 *             kind DELETE   key
 * </pre>
 *
 * <p>The log first, the map second: so a reader never sees what a power cut could still take back. One thread at a time may use it. After
 * an exception from put or delete it is unknown whether the change is in the log: close the store and open it anew.
 */
public final class KeyValueStore implements AutoCloseable {
    private static final int PUT = 1;
    private static final int DELETE = 2;
    private static final LogConfig CONFIG = LogConfig.defaults().withSegmentAndRecordLength(64 << 10, 16 << 10);

    private final Map<String, String> values = new HashMap<>();
    private final WriteAheadLog log;

    private KeyValueStore(WriteAheadLog log) {
        this.log = log;
    }

    /**
     * Opens the store in a directory, creating it if it is missing.
     *
     * @param directory   where its log lies
     * @param environment the world it runs in: {@link Environment#machine()}, or a simulated one
     * @return the open store
     */
    public static KeyValueStore open(Path directory, Environment environment) {
        KeyValueStore store = new KeyValueStore(WriteAheadLog.open(directory, CONFIG, environment));
        boolean isReplayed = false;
        try {
            store.replay();
            isReplayed = true;
            return store;
        } finally {
            if (!isReplayed) {
                store.close();
            }
        }
    }

    private void replay() {
        try (Cursor cursor = log.read(0)) {
            while (cursor.next()) {
                ByteBuffer record = ByteBuffer.wrap(cursor.payload().toArray(ValueLayout.JAVA_BYTE));
                switch (cursor.kind()) {
                    case PUT -> {
                        String key = text(record, record.getInt());
                        values.put(key, text(record, record.remaining()));
                    }
                    case DELETE -> values.remove(text(record, record.remaining()));
                    default -> throw new IllegalStateException("the record at LSN " + cursor.lsn() + " is of kind " + cursor.kind()
                        + ": another program wrote this log");
                }
            }
        }
    }

    private static String text(ByteBuffer record, int length) {
        byte[] bytes = new byte[length];
        record.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /**
     * Gives a key a value, durably.
     *
     * @param key   the key
     * @param value its value from now on
     */
    public void put(String key, String value) {
        byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
        byte[] valueBytes = value.getBytes(StandardCharsets.UTF_8);
        ByteBuffer record = ByteBuffer.allocate(Integer.BYTES + keyBytes.length + valueBytes.length);
        record.putInt(keyBytes.length).put(keyBytes).put(valueBytes).flip();
        log.append(PUT, MemorySegment.ofBuffer(record));
        values.put(key, value);
    }

    /**
     * The value of a key.
     *
     * @param key the key
     * @return its value, or null if it has none
     */
    public String get(String key) {
        return values.get(key);
    }

    /**
     * Takes a key's value away, durably.
     *
     * @param key the key; one without a value costs nothing
     */
    public void delete(String key) {
        if (values.containsKey(key)) {
            log.append(DELETE, MemorySegment.ofArray(key.getBytes(StandardCharsets.UTF_8)));
            values.remove(key);
        }
    }

    /**
     * How many keys have a value.
     *
     * @return the count
     */
    public int size() {
        return values.size();
    }

    @Override
    public void close() {
        log.close();
    }
}

package dev.varve.engine.segment;

/** Why bytes on disk are not the structure they should be. Each check has its own, so that a test can tell them apart. */
public enum Defect {
    /** There is none. */
    NONE("valid"),
    /** The bytes end before the structure does. */
    TRUNCATED("cut short"),
    /** The device could not read them. */
    READ_ERROR("unreadable"),
    /** Nothing but zeros where the structure should start. */
    NEVER_WRITTEN("never written"),
    /** The first four bytes are another structure's, or none's. */
    MAGIC("magic number is wrong"),
    /** Written by a format version this build does not know. */
    VERSION("format version is not supported"),
    /** The structure's own checksum is wrong. */
    HEADER_CRC("header checksum is wrong"),
    /** A field that must be zero is not. */
    RESERVED("reserved bytes are not zero"),
    /** The kind is none that exists. */
    KIND("kind is unknown"),
    /** It belongs to another log. */
    LOG_ID("log id is another log's"),
    /** It belongs to an earlier life of this file. */
    SALT("salt is that of an earlier life of the file"),
    /** It belongs into another segment. */
    SEGMENT("segment number is another segment's"),
    /** It belongs to another block. */
    BLOCK("block number is another block's"),
    /** Its batch number does not follow the one before. */
    BATCH("batch number does not follow"),
    /** Its epoch is lower than the one before. */
    EPOCH("epoch is lower than its predecessor's"),
    /** It was built behind another batch than the one before it. */
    CHAIN("chain value is not its predecessor's"),
    /** Its sequence does not follow. */
    SEQUENCE("sequence does not follow"),
    /** Its length or its number of blocks is impossible. */
    LENGTH("length is impossible"),
    /** Its body's checksum is wrong. */
    BODY_CRC("body checksum is wrong"),
    /** Its highest synced batch is impossible. */
    SYNCED("highest synced batch is impossible"),
    /** A geometry value (block size, block count, limits) is impossible. */
    GEOMETRY("geometry is impossible"),
    /** The link to the predecessor is impossible. */
    PREDECESSOR("predecessor is impossible"),
    /** A record's checksum is wrong. */
    RECORD_CRC("record checksum is wrong");

    private final String text;

    Defect(String text) {
        this.text = text;
    }

    /**
     * The defect in words.
     *
     * @return a phrase that completes "the batch's …" or "the header's …"
     */
    public String text() {
        return text;
    }
}

/**
 * How a log lies in files: one descriptor per structure, the rule that says what is valid, and the files themselves.
 *
 * <pre>
 *   directory   MANIFEST    LOCK    0000000000000001.varve    0000000000000002.varve    ….spare
 *                  │                        │
 *          Manifest (two slots)     SegmentHeader │ batch │ batch │ … │ SEAL batch (Footer) │ unused │ SegmentHeader copy
 *                                                     │
 *                                              BatchHeader, Record, Record, …, zeros to the end of the block
 * </pre>
 *
 * <p>All integers are little-endian; all checksums are CRC-32C; no structure is valid when it is all zeros. The normative text is
 * {@code docs/format.md}; tests compare it with the constants here.
 */
package dev.varve.engine.segment;

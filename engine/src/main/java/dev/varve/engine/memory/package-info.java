/**
 * Aligned off-heap memory and the question who may touch it.
 *
 * <pre>
 *   MemorySource ── allocate ──► BufferPool ── acquire ──► AlignedBuffer:  FREE → FILLING → CLOSED → IN_FLIGHT → FREE
 * </pre>
 */
package dev.varve.engine.memory;

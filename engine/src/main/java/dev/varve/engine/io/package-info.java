/**
 * The contract between the log and whatever stores its bytes.
 *
 * <pre>
 *   caller ── IoRequest ──► IoQueue ── submit ──► IoEngine ──► kernel, or a simulated disk
 *      ▲                       │                      │
 *      └────── Completion ◄────┴──────── reap ◄───────┘
 * </pre>
 *
 * <p>{@link dev.varve.engine.io.IoEngine} is as narrow and as unfriendly as the kernel: it may take fewer requests than
 * offered, complete them in any order, and transfer less than asked. {@link dev.varve.engine.io.IoQueue} is the one place
 * that copes with this, so the simulated disk can be just as unfriendly and the same code is tested.
 */
package dev.varve.engine.io;

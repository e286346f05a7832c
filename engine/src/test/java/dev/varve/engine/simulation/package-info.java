/**
 * A simulated machine under the log: storage that loses, tears, reorders and fails, all from one seed.
 *
 * <pre>
 *   program ── Disk, Directory, IoEngine ──►  SimulatedDisk
 *                                                  │
 *        crash, kill, faults, damage, fork ──►  DiskState ── directories ──►  NameTable: names, and changes not durable
 *        seed ──► Course: chance, clock,           │                             │
 *                 steps, trace                     │                             ▼
 *                                                  └── in flight ──► Dma ──►  SimulatedContent: sectors, and versions in the cache
 * </pre>
 *
 * <p>The fault model, what is promised, what is refused and what is not modelled, is described at
 * {@link dev.varve.engine.simulation.SimulatedDisk}, and tested sentence by sentence.
 *
 * <p>This package is published beside the engine, so that whoever embeds a log can power-cut a whole database in a unit test.
 */
package dev.varve.engine.simulation;

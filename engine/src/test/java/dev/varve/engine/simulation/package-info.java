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
 * <p><b>The fault model.</b> A device has a volatile cache. A write's bytes are fetched from memory some time between its submission and
 * its completion, and lie in the cache from its completion on. They are durable once a sync of that file has completed that was submitted
 * after the write's completion was reaped, or, for a durable write, when it completes. A power cut empties the cache: each sector of 512
 * bytes that is not durable is then independently old, new, zero, garbage or a mixture. Names and lengths are durable after the sync of
 * their directory; lengths also after a sync of their file. A changed name is the old one or the new one, never both or neither. A failed
 * sync is reported once; no later sync covers what it should have covered, unless a read has found it to be there: what a read returns,
 * the device has, since there is no cache in between. Names are found to be there when their directory is opened anew. Nothing else is
 * promised, and everything that is not promised is refused to some seed.
 *
 * <p><b>What it does not model.</b> A power cut never harms what was durable, leaves no unreadable sectors behind and does not touch
 * sectors next to those written; such damage is done on purpose with {@link dev.varve.engine.simulation.Damage}. Reads see whole
 * sectors.
 *
 * <p>This package is published beside the engine, so that whoever embeds a log can power-cut a whole database in a unit test.
 */
package dev.varve.engine.simulation;

/**
 * The checklist of kernel AIO: a test for each thing that manuals and questions name, on the real kernel, and what was seen there.
 *
 * <pre>
 *   row07APartialSubmission…() ── Observed.note(7, "EBADF …") ──► target/checklist/row07.txt ──┐
 *            └── passed, failed, skipped ──► surefire's report ────────────────────────────────┴── .ci/checklist ──► docs/kernel-aio.md
 * </pre>
 *
 * <p>Rows that need a log lie in the package of the same name in the module {@code wal}.
 */
package dev.varve.engine.checklist;

/** Rows of the checklist of kernel AIO that need a log; see the package of the same name in the engine. */
package dev.varve.wal.checklist;

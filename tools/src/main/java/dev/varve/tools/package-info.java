/**
 * The {@code varve} command.
 *
 * <pre>
 *   append   lines ──► LineReader ──► WriteAheadLog ──► OutstandingAppends ──► Acks, LatencySummary
 *   cat      OpenedLog ──► RecordReader ──► OutputPipe
 *   dump     OpenedLog ──► RecordReader ──► PayloadText ──► OutputPipe
 *   stat     OpenedLog ──► Inspection ──► TextTable ──► OutputPipe
 *   verify   OpenedLog ──► Inspection ──► OutputPipe
 * </pre>
 *
 * <p>Data goes to standard output, everything else to standard error. What a command ends with is decided in
 * {@link dev.varve.tools.ExitStatus} alone. Only {@code append} opens a log for writing.
 */
package dev.varve.tools;

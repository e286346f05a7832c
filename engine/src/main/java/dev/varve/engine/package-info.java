/**
 * Turns aligned off-heap memory into durable bytes.
 *
 * <pre>
 *   segment   how a log lies in files: descriptors, files, manifest, lock
 *      |
 *   memory    aligned buffers and who owns them
 *      |
 *     io      the contract: requests, engines, directories  ---- implemented by ---- aio, linux
 * </pre>
 *
 * <p>Nothing here knows what a log is for; nothing above here knows what an iocb is.
 */
package dev.varve.engine;

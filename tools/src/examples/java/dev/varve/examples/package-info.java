/**
 * Programs to read and to run. Each is one file without a framework, started from the project's root:
 *
 * <pre>
 *   mvn -q -DskipTests package
 *   tools/src/examples/run UnalignedRecords FOLDER
 * </pre>
 *
 * <p>The folder is made if it is missing; it must lie on ext4 or xfs.
 */
package dev.varve.examples;

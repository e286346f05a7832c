/**
 * Shows deliberate defects to the tests: {@code .ci/defects} starts {@link dev.varve.defects.DefectRun} on what a finished build has left.
 *
 * <pre>
 *   patch ──► sources of its modules ──► javac ──► classes in front of the class path ──► one named test, in a JVM of its own
 * </pre>
 */
package dev.varve.defects;

package dev.varve.tools;

import dev.varve.engine.segment.SegmentHeaderDescriptor;
import picocli.CommandLine.IVersionProvider;

/** Which build this is, from the jar's manifest. */
final class Version implements IVersionProvider {
    /** Made by picocli when it is asked for the version. */
    Version() {
        // Nothing to prepare.
    }

    /**
     * The version of the command, of the format it writes, and of Java.
     *
     * @return one line
     */
    static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return "varve " + (version == null ? "(not from a jar)" : version) + ", format " + SegmentHeaderDescriptor.VERSION
            + ", Java " + Runtime.version().feature();
    }

    @Override
    public String[] getVersion() {
        return new String[] {text()};
    }
}

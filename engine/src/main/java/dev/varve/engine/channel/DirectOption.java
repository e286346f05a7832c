package dev.varve.engine.channel;

import java.nio.file.OpenOption;

/**
 * The JDK's option for direct I/O. It belongs to the module {@code jdk.unsupported}, which not every JVM has and javac warns about, so it
 * is looked up by name.
 *
 * <p>Immutable; any thread.
 */
final class DirectOption {
    private static final String ENUM = "com.sun.nio.file.ExtendedOpenOption";
    private static final OpenOption OPTION = find();

    private DirectOption() {
    }

    private static OpenOption find() {
        try {
            return (OpenOption) Class.forName(ENUM).getField("DIRECT").get(null);
        } catch (ReflectiveOperationException | LinkageError e) {
            return null;
        }
    }

    /**
     * The option.
     *
     * @throws UnsupportedOperationException if this JVM has none
     */
    static OpenOption option() {
        if (OPTION == null) {
            throw new UnsupportedOperationException("this JVM has no " + ENUM + ".DIRECT (module jdk.unsupported)");
        }
        return OPTION;
    }
}

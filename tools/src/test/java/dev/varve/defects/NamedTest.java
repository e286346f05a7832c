package dev.varve.defects;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Runs tests by name in this JVM and writes how each ended into a file, a line each: test, outcome, reason. A line is there only if its
 * test has ended.
 */
final class NamedTest implements TestExecutionListener {
    private static final String MAIN_CODE = "dev.varve.";
    private static final int REASON_LENGTH_MAX = 160;

    private boolean isRun;
    private String skipped;
    private Throwable failure;

    private NamedTest() {
    }

    /**
     * Runs tests.
     *
     * @param arguments file for the results, folder for the engines' own files, then class and method of each test
     */
    public static void main(String[] arguments) throws IOException {
        Path results = Path.of(arguments[0]);
        Files.writeString(results, "");
        Launcher launcher = LauncherFactory.create();
        for (String test : Arrays.asList(arguments).subList(2, arguments.length)) {
            NamedTest named = new NamedTest();
            launcher.execute(request(test, arguments[1]), named);
            Files.writeString(results, test + "\t" + named.outcome() + "\t" + named.reason() + "\n", StandardOpenOption.APPEND);
        }
        // Whatever threads a defect has left behind.
        Runtime.getRuntime().halt(0);
    }

    private static LauncherDiscoveryRequest request(String test, String folder) {
        String type = test.substring(0, test.indexOf('#'));
        String method = test.substring(test.indexOf('#') + 1);
        PostDiscoveryFilter byName = descriptor -> FilterResult.includedIf(
            descriptor.getSource().filter(MethodSource.class::isInstance).map(MethodSource.class::cast)
                .map(source -> source.getMethodName().equals(method)).orElse(false));
        return LauncherDiscoveryRequestBuilder.request().selectors(selectClass(type)).filters(byName)
            .configurationParameters(Map.of("jqwik.reporting.onlyfailures", "true", "jqwik.database", folder + "/.jqwik-database"))
            .build();
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        skipped = reason;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        isRun |= test.isTest();
        if (result.getStatus() == TestExecutionResult.Status.ABORTED) {
            skipped = result.getThrowable().map(Throwable::getMessage).orElse("");
        } else if (result.getStatus() == TestExecutionResult.Status.FAILED && failure == null) {
            failure = result.getThrowable().orElseThrow();
            failure.printStackTrace();
        }
    }

    private TestOutcome.Kind outcome() {
        if (failure != null) {
            return failure instanceof AssertionError && isOfTheTest(failure) ? TestOutcome.Kind.REJECTED : TestOutcome.Kind.BROKEN;
        }
        if (skipped != null) {
            return TestOutcome.Kind.SKIPPED;
        }
        return isRun ? TestOutcome.Kind.PASSED : TestOutcome.Kind.BROKEN;
    }

    /** The code under test asserts, too; that is not what a test is asked for. */
    private static boolean isOfTheTest(Throwable failure) {
        for (StackTraceElement element : failure.getStackTrace()) {
            if (element.getClassName().startsWith(MAIN_CODE)) {
                return isTestClass(element.getClassName());
            }
        }
        return true;
    }

    private static boolean isTestClass(String name) {
        try {
            String place = Class.forName(name, false, NamedTest.class.getClassLoader()).getProtectionDomain().getCodeSource().getLocation()
                .getPath();
            return place.endsWith("/test-classes/") || place.endsWith("-simulation.jar");
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private String reason() {
        String reason = failure == null ? skipped : failure.toString();
        if (reason == null) {
            return isRun ? "" : "there is no such test";
        }
        String line = reason.replaceAll("\\s+", " ").strip();
        return line.substring(0, Math.min(line.length(), REASON_LENGTH_MAX));
    }
}

package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What no two runs have in common comes into the log by a few seams only, so that a seed of the simulation is the whole story. */
class SeamTest {
    private static final String ENVIRONMENT = "dev.varve.wal.Environment";
    private static final String LOG_THREAD = "dev.varve.wal.LogThread";
    private static final String RESOURCES = "dev.varve.recovery.Recovery$Resources";

    /** Who may ask the system for what. */
    private static final Map<String, Set<String>> SEAMS = Map.of(
        ENVIRONMENT, Set.of("System.nanoTime", "System.currentTimeMillis", "SecureRandom", "SplittableRandom"),
        RESOURCES, Set.of("System.nanoTime"),
        // Waits for a thread's end; the simulation has no such thread.
        LOG_THREAD, Set.of("System.nanoTime", "Thread.ofPlatform", "ThreadPoolExecutor"),
        // How long threads of the caller wait.
        "dev.varve.wal.Deadline", Set.of("System.nanoTime"),
        LOG_THREAD + "$Uninterrupted", Set.of("Thread"),
        "dev.varve.wal.Callbacks", Set.of("Thread.ofVirtual"),
        // Only for claims of large records that nobody closes.
        "dev.varve.wal.ClaimBuffers", Set.of("Thread.ofPlatform", "Cleaner.create"));

    private static final Set<String> CALLS = Set.of("System.nanoTime", "System.currentTimeMillis", "System.identityHashCode", "Math.random",
        "Thread.sleep", "Thread.ofPlatform", "Thread.ofVirtual", "Thread.startVirtualThread", "Cleaner.create");
    private static final Set<String> MADE = Set.of("Thread", "Random", "SplittableRandom", "SecureRandom", "ThreadPoolExecutor", "Timer");
    private static final Set<String> ASKED = Set.of("ThreadLocalRandom", "Instant", "LocalDateTime", "Clock", "UUID", "Executors");

    private final JavaClasses code = new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .withImportOption(location -> !location.contains("simulation"))
        .importPackages("dev.varve.recovery", "dev.varve.wal");

    @Test
    void shouldTakeClocksChanceAndThreadsFromNamedSeamsOnly() {
        Map<String, Set<String>> found = new TreeMap<>();
        for (JavaClass type : code) {
            accesses(type).map(SeamTest::name).filter(name -> !name.isEmpty())
                .forEach(name -> found.computeIfAbsent(type.getName(), _ -> new TreeSet<>()).add(name));
        }

        // Equal, not contained: a seam that is not needed any more is none.
        assertThat(found).isEqualTo(SEAMS);
    }

    private static Stream<? extends JavaAccess<?>> accesses(JavaClass type) {
        return Stream.of(type.getMethodCallsFromSelf(), type.getMethodReferencesFromSelf(), type.getConstructorCallsFromSelf(),
            type.getConstructorReferencesFromSelf()).flatMap(Set::stream);
    }

    /** How a forbidden access is called here; empty for all others. */
    private static String name(JavaAccess<?> access) {
        String owner = access.getTargetOwner().getSimpleName();
        boolean isMade = access.getTarget().getName().equals("<init>");
        if (isMade) {
            return MADE.contains(owner) ? owner : "";
        }
        String call = owner + "." + access.getTarget().getName();
        return CALLS.contains(call) ? call : ASKED.contains(owner) ? owner : "";
    }
}

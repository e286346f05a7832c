package dev.varve.tools;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.not;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The arrows between modules, and who may use what. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
    private static final String ENGINE = "dev.varve.engine..";
    private static final String RECOVERY = "dev.varve.recovery..";
    private static final String WAL = "dev.varve.wal..";
    private static final String TOOLS = "dev.varve.tools..";
    private static final String LINUX = "dev.varve.engine.linux..";
    /** Where views of other libraries' types are made. */
    private static final String[] VIEWS = {"dev.varve.wal.agrona..", "dev.varve.wal.chronicle..", "dev.varve.wal.micrometer.."};

    /** The classes of the command that know the writer; {@code ExitStatus} its exceptions only. */
    private static final Set<String> APPENDING = Stream
        .of(AppendCommand.class, AppendStorage.class, LineAppender.class, SalvageCommand.class, OutstandingAppends.class, ExitStatus.class)
        .map(Class::getName).collect(Collectors.toUnmodifiableSet());

    private final JavaClasses code = new ClassFileImporter()
        .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
        .withImportOption(location -> !location.contains("simulation"))
        .importPackages("dev.varve");

    @Test
    void shouldSeeEveryModule() {
        for (String module : List.of("engine.linux", "engine.aio", "engine.segment", "recovery", "wal", "tools")) {
            assertThat(code).as(module).anyMatch(c -> c.getPackageName().equals("dev.varve." + module));
        }
    }

    @Test
    void shouldPointFromToolsToWalToRecoveryToEngine() {
        Architectures.layeredArchitecture().consideringOnlyDependenciesInLayers()
            .layer("engine").definedBy(ENGINE)
            .layer("recovery").definedBy(RECOVERY)
            .layer("wal").definedBy(WAL)
            .layer("tools").definedBy(TOOLS)
            .whereLayer("tools").mayNotBeAccessedByAnyLayer()
            .whereLayer("wal").mayOnlyBeAccessedByLayers("tools")
            .whereLayer("recovery").mayOnlyBeAccessedByLayers("wal", "tools")
            .check(code);
    }

    @Test
    void shouldHaveNoCyclesBetweenThePackagesOfTheEngine() {
        SlicesRuleDefinition.slices().matching("dev.varve.engine.(*)..").should().beFreeOfCycles().check(code);
    }

    @Test
    void shouldLinkToNativeCodeOnlyInOnePackage() {
        noClasses().that().resideOutsideOfPackage(LINUX)
            .should().dependOnClassesThat().haveFullyQualifiedName("java.lang.foreign.Linker")
            .orShould().dependOnClassesThat().haveFullyQualifiedName("java.lang.foreign.SymbolLookup")
            .check(code);
    }

    @Test
    void shouldUseAgronaOnlyInTheLog() {
        noClasses().that().resideOutsideOfPackage(WAL).should().dependOnClassesThat().resideInAPackage("org.agrona..").check(code);
    }

    @Test
    void shouldShowNoTypeOfAnotherLibraryInACoreSignature() {
        DescribedPredicate<JavaClass> foreign = resideInAnyPackage("org.agrona..", "net.openhft..", "io.micrometer..");
        methods().that().areDeclaredInClassesThat().resideInAnyPackage(ENGINE, RECOVERY, WAL)
            .and().areDeclaredInClassesThat().resideOutsideOfPackages(VIEWS)
            .and().areDeclaredInClassesThat().arePublic()
            .and(new DescribedPredicate<JavaMethod>("are public or protected") {
                @Override
                public boolean test(JavaMethod method) {
                    return method.getModifiers().contains(JavaModifier.PUBLIC) || method.getModifiers().contains(JavaModifier.PROTECTED);
                }
            })
            .should().haveRawReturnType(not(foreign))
            .andShould(not(com.tngtech.archunit.lang.conditions.ArchConditions.haveRawParameterTypes(
                DescribedPredicate.anyElementThat(foreign))))
            .check(code);
        noClasses().that().resideInAnyPackage(ENGINE, RECOVERY, WAL).and().resideOutsideOfPackages(VIEWS)
            .should().dependOnClassesThat().resideInAPackage("net.openhft..").check(code);
    }

    @Test
    void shouldHoldNoMonitorInTheLog() throws IOException {
        methods().that().areDeclaredInClassesThat().resideInAPackage(WAL).should().notHaveModifier(JavaModifier.SYNCHRONIZED).check(code);
        // A synchronized block leaves no trace that ArchUnit sees, so the sources are read.
        Path sources = SourceFile.root().resolve("wal/src/main/java");
        try (Stream<Path> paths = Files.walk(sources)) {
            assertThat(paths.filter(Files::isRegularFile)).isNotEmpty().allSatisfy(path ->
                assertThat(Files.readString(path, StandardCharsets.UTF_8)).as("%s", path).doesNotContainPattern("\\bsynchronized *\\("));
        }
    }

    @Test
    void shouldInspectWithoutTheWriter() {
        classes().that().resideInAPackage(TOOLS)
            .and(new DescribedPredicate<JavaClass>("do not append") {
                @Override
                public boolean test(JavaClass type) {
                    return !APPENDING.contains(type.getName().replaceFirst("\\$.*", ""));
                }
            })
            .should().onlyDependOnClassesThat().resideOutsideOfPackage(WAL).check(code);
    }
}

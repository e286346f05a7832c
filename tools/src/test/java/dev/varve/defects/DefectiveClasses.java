package dev.varve.defects;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Compiles the main code of the modules that a patch changes. Whole modules, because constants are copied into the classes that use them;
 * if the patch changes a constant, the modules above as well.
 *
 * <p>One patch at a time. javac runs in this JVM, where it gets faster from patch to patch.
 */
final class DefectiveClasses {
    private static final Pattern CONSTANT = Pattern.compile("^[-+] .*\\bstatic final\\b.* = .*");

    /** What keeps a patch from being tried. */
    static final class UnusablePatchException extends Exception {
        private static final long serialVersionUID = 1;

        UnusablePatchException(String message) {
            super(message);
        }
    }

    private final BuiltTree tree;
    private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();

    DefectiveClasses(BuiltTree tree) {
        this.tree = tree;
    }

    /**
     * Compiles.
     *
     * @param patch the defect
     * @return the folder of the classes that have it, to be put in front of the class path
     */
    Path compile(DefectPatch patch) throws IOException, InterruptedException, UnusablePatchException {
        Path sources = fresh(tree.work().resolve("sources"));
        Path classes = fresh(tree.work().resolve("classes"));
        List<String> modules = patch.modules();
        for (String module : modules) {
            copy(tree.sources(module), sources.resolve(module).resolve("src/main/java"));
        }
        apply(patch, sources);
        for (String module : modules) {
            compile(sources.resolve(module), module, classes);
        }
        if (Files.readAllLines(patch.file()).stream().anyMatch(line -> CONSTANT.matcher(line).matches())) {
            int top = BuiltTree.MODULES.indexOf(modules.getLast());
            for (String module : BuiltTree.MODULES.subList(top + 1, BuiltTree.MODULES.indexOf("tools"))) {
                compile(tree.root().resolve(module), module, classes);
            }
        }
        return classes;
    }

    private static Path fresh(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> paths = Files.walk(folder)) {
                for (Path path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
                    Files.delete(path);
                }
            }
        }
        return Files.createDirectories(folder);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                Path target = to.resolve(from.relativize(path));
                if (Files.isDirectory(path)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(path, target);
                }
            }
        }
    }

    private void apply(DefectPatch patch, Path sources) throws IOException, InterruptedException, UnusablePatchException {
        ProcessBuilder git = new ProcessBuilder("git", "apply", patch.file().toAbsolutePath().toString()).directory(sources.toFile())
            .redirectErrorStream(true);
        // Inside a repository git would take the paths for ones of the repository, and leave these sources alone.
        git.environment().put("GIT_CEILING_DIRECTORIES", sources.getParent().toString());
        Process process = git.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new UnusablePatchException("does not apply: " + output.strip());
        }
    }

    private void compile(Path module, String name, Path classes) throws IOException, UnusablePatchException {
        List<Path> files;
        try (Stream<Path> paths = Files.walk(module.resolve("src/main/java"))) {
            files = paths.filter(path -> path.toString().endsWith(".java")).sorted().toList();
        }
        StringWriter output = new StringWriter();
        List<String> options = List.of("-g", "-nowarn", "-proc:none", "-implicit:none", "--release", "25", "-d", classes.toString(), "-cp",
            classes + File.pathSeparator + tree.classPath(name));
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
            if (!compiler.getTask(output, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files)).call()) {
                throw new UnusablePatchException("does not compile:\n" + output);
            }
        }
    }
}

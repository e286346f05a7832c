package dev.varve.tools;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Java file of this project, read as lines. The layout that all files share (four blanks a level, a closing brace under the line that
 * opens) makes it possible to find methods without a parser.
 *
 * @param path  where it lies, from the project's root
 * @param lines its lines
 */
record SourceFile(Path path, List<String> lines) {
    private static final List<String> MODULES = List.of("engine", "recovery", "wal", "tools");
    private static final Pattern METHOD = Pattern.compile(
        "^( {4,12})(?!return |case |throw |.* = |.*->|.*\\bnew )[\\w@<][^(]*\\(.*\\) ?(?:throws .*)?\\{$");
    /** A signature that does not fit into one line. */
    private static final Pattern WRAPPED_METHOD = Pattern.compile("^( {4})(?!.* = )(?:[\\w<>\\[\\].?@]+ )+\\w+\\([^)]*,$");
    private static final Pattern STATEMENT = Pattern.compile("^ *(?:if|for|while|switch|try|synchronized|do|assert)\\b.*");

    /**
     * A method, from its first line to its closing brace.
     *
     * @param line   the line it starts in, from 1
     * @param length how many lines it takes
     */
    record Method(int line, int length) {
    }

    /**
     * The project's root.
     *
     * @return the folder that holds the modules; tests run in one of them
     */
    static Path root() {
        return Path.of("").toAbsolutePath().getParent();
    }

    /**
     * Every Java file of the project.
     *
     * @return the files of all modules, main and test
     */
    static List<SourceFile> all() {
        List<SourceFile> files = new ArrayList<>();
        for (String module : MODULES) {
            Path sources = root().resolve(module).resolve("src");
            if (!Files.isDirectory(sources)) {
                continue;
            }
            try (Stream<Path> paths = Files.walk(sources)) {
                for (Path path : (Iterable<Path>) paths.filter(p -> p.toString().endsWith(".java")).sorted()::iterator) {
                    files.add(new SourceFile(root().relativize(path), Files.readAllLines(path)));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return files;
    }

    /**
     * Whether it is part of what is shipped.
     *
     * @return false for tests
     */
    boolean isMain() {
        return path.toString().contains("/src/main/");
    }

    /**
     * Its methods and constructors.
     *
     * @return the methods in the order of their lines
     */
    List<Method> methods() {
        List<Method> methods = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            Matcher matcher = METHOD.matcher(lines.get(i));
            if (!matcher.matches()) {
                matcher = WRAPPED_METHOD.matcher(lines.get(i));
            }
            if (matcher.matches() && !STATEMENT.matcher(lines.get(i)).matches()) {
                String close = matcher.group(1) + "}";
                int end = i;
                while (end < lines.size() && !lines.get(end).equals(close)) {
                    end++;
                }
                methods.add(new Method(i + 1, end - i + 1));
            }
        }
        return methods;
    }

    @Override
    public String toString() {
        return path.toString();
    }
}

package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows of the API compiles, with nothing around it but imports and what it calls the reader's own. */
class SnippetTest {
    private static final Pattern BLOCK = Pattern.compile("(?s)```java\n(.*?)```");
    private static final String AROUND = """
        import static java.nio.charset.StandardCharsets.UTF_8;

        import dev.varve.wal.*;
        import java.lang.foreign.MemorySegment;
        import java.nio.file.Path;

        class Snippet {
            static void consume(long lsn, MemorySegment payload) {
            }

            static void run(byte[] bytes) {
        HERE
            }
        }
        """;

    @TempDir(factory = BuildTree.class)
    private Path classes;

    private static JavaFileObject source(String text) {
        return new SimpleJavaFileObject(URI.create("string:///Snippet.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }

    /** The document about the simulation shows lines of a test, so that they are not only compiled but run. */
    @Test
    void shouldBeLinesOfATestThatRuns() throws IOException {
        List<MatchResult> blocks = BLOCK.matcher(Files.readString(SourceFile.root().resolve("docs/simulation.md"))).results().toList();
        String test = Files.readString(SourceFile.root().resolve("tools/src/test/java/dev/varve/examples/KeyValueStoreTest.java"));

        assertThat(blocks).hasSize(2);
        assertThat(blocks).allSatisfy(block -> assertThat(test.lines().map(String::strip).collect(Collectors.joining("\n")))
            .contains(block.group(1).lines().map(String::strip).collect(Collectors.joining("\n"))));
    }

    @Test
    void shouldCompile() throws IOException {
        List<MatchResult> blocks = BLOCK.matcher(Files.readString(SourceFile.root().resolve("README.md"))).results().toList();
        assertThat(blocks).hasSize(1);
        String text = AROUND.replace("HERE", blocks.getFirst().group(1));
        StringWriter said = new StringWriter();
        boolean isCompiled = ToolProvider.getSystemJavaCompiler().getTask(said, null, null,
            List.of("-d", classes.toString(), "-proc:none", "-classpath", System.getProperty("java.class.path")), null,
            List.of(source(text))).call();

        assertThat(isCompiled).as("%s%n%s", said, text).isTrue();
        assertThat(classes.resolve("Snippet.class")).exists();
    }
}

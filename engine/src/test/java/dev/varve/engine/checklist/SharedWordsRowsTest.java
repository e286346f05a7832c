package dev.varve.engine.checklist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.engine.linux.KernelAioDoc;
import java.io.IOException;
import java.lang.invoke.VarHandle;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The table of words that threads share, in chapter 16 of the document, says what the code does, about every such word. */
class SharedWordsRowsTest {
    private static final Path AIO = Path.of("src", "main", "java", "dev", "varve", "engine", "aio");
    private static final Pattern WORD = Pattern.compile("`(\\w+)\\.(\\w+)`");
    private static final Pattern WEAKER = Pattern.compile("VarHandle|\\w+(Acquire|Release|Opaque|Plain)\\(|lazySet|weakCompare");
    private static final Pattern EXCLUDING = Pattern.compile("\\bsynchronized\\b|ReentrantLock|\\bvolatile\\b");

    /** Source text by simple class name. */
    private final Map<String, String> sources = new TreeMap<>();
    private final Map<String, Class<?>> types = new TreeMap<>();
    /** The ordering that the document names, by word. */
    private final Map<String, String> documented = new TreeMap<>();

    @BeforeEach
    void read() throws Exception {
        try (Stream<Path> files = Files.walk(AIO)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".java") && !path.endsWith("package-info.java")).toList()) {
                String name = file.getFileName().toString().replace(".java", "");
                String inPackage = file.getParent().equals(AIO) ? name : "request." + name;
                sources.put(name, Files.readString(file));
                types.put(name, Class.forName("dev.varve.engine.aio." + inPackage));
            }
        }
        for (List<String> row : KernelAioDoc.read().rows("word")) {
            assertThat(documented.put(row.get(0).replace("`", ""), row.get(2))).as("%s twice", row.get(0)).isNull();
        }
    }

    private Field field(String word) throws NoSuchFieldException {
        String[] parts = word.split("\\.", -1);
        assertThat(types).containsKey(parts[0]);
        return types.get(parts[0]).getDeclaredField(parts[1]);
    }

    @Test
    void row50EveryWordOfTheTableIsInTheCodeWithTheOrderingThatIsNamed() throws Exception {
        Map<String, Integer> counts = new TreeMap<>();
        for (Map.Entry<String, String> word : documented.entrySet()) {
            Field field = field(word.getKey());
            String source = sources.get(field.getDeclaringClass().getSimpleName());
            String ordering = word.getValue();
            String kind = ordering.replaceAll(" .*", "");
            counts.merge(kind, 1, Integer::sum);
            assertThat(Modifier.isVolatile(field.getModifiers())).as("%s is volatile", word).isEqualTo(ordering.equals("volatile"));
            switch (kind) {
                case "volatile" -> { }
                case "monitor" -> assertThat(source).as("%s", word).contains("synchronized");
                case "lock" -> assertThat(named(ordering).getType().getSimpleName()).as("%s", word).isEqualTo("ReentrantLock");
                case "behind" -> assertThat(Modifier.isVolatile(named(ordering).getModifiers())).as("%s", word).isTrue();
                default -> assertThat(source).as("%s", word).containsPattern(field.getName() + "(;| = .*\\b" + ordering + "\\b.*;)")
                    .contains("java.util.concurrent." + (ordering.startsWith("Atomic") ? "atomic." : "") + ordering + ";");
            }
        }
        Observed.note(50, documented.size() + " words that threads share, by ordering: " + counts);
    }

    private Field named(String ordering) throws NoSuchFieldException {
        Matcher word = WORD.matcher(ordering);
        assertThat(word.find()).as(ordering).isTrue();
        return field(word.group(1) + "." + word.group(2));
    }

    @Test
    void row50EveryWordThatChangesInAClassOfManyThreadsIsInTheTable() {
        List<String> words = new ArrayList<>();
        types.forEach((name, type) -> {
            boolean isOfMany = EXCLUDING.matcher(code(name)).find();
            for (Field field : type.getDeclaredFields()) {
                boolean isChanging = isOfMany && !Modifier.isFinal(field.getModifiers()) && !field.isSynthetic();
                if (isChanging || Modifier.isVolatile(field.getModifiers()) || isConcurrent(field)) {
                    words.add(name + "." + field.getName());
                }
            }
        });
        assertThat(words).hasSizeGreaterThan(12);
        assertThat(documented.keySet()).containsAll(words);
        Observed.note(50, "of " + types.size() + " classes, all " + words.size() + " that change or are concurrent are in the table");
    }

    private static boolean isConcurrent(Field field) {
        String type = field.getType().getName();
        return VarHandle.class.equals(field.getType())
            || (type.startsWith("java.util.concurrent.") && type.matches(".*(Atomic|Concurrent|Completable).*"));
    }

    @Test
    void row50NoWeakerOrderingIsUsed() throws IOException {
        for (String name : sources.keySet()) {
            assertThat(code(name)).as(name).doesNotContainPattern(WEAKER);
        }
        Observed.note(50, "no acquire, release, opaque or plain access by a VarHandle in " + sources.size() + " classes");
    }

    /** A class's source without its comments. */
    private String code(String name) {
        return sources.get(name).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("//.*", "");
    }
}

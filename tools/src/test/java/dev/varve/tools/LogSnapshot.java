package dev.varve.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A directory and all that is in it, to be compared: names, content, and whatever else a change would change. */
final class LogSnapshot {
    private static final int CONTENT_MAX = 1 << 22;

    private LogSnapshot() {
    }

    /** Each name with what can be said of it but when it was read. */
    static Map<String, List<Object>> of(Path directory) throws IOException {
        Map<String, List<Object>> files = new TreeMap<>();
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.toList()) {
                Map<String, Object> attributes = Files.readAttributes(path, "unix:mode,ino,nlink,size,lastModifiedTime,ctime",
                    LinkOption.NOFOLLOW_LINKS);
                boolean isSmallFile = Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS) && Files.size(path) <= CONTENT_MAX;
                files.put(directory.relativize(path).toString(), List.of(new TreeMap<>(attributes),
                    isSmallFile ? Arrays.hashCode(Files.readAllBytes(path)) : 0));
            }
        }
        return files;
    }
}

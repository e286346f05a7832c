package dev.varve.tools;

import dev.varve.wal.StoragePolicy;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The words of {@code --storage}. */
final class AppendStorage implements ITypeConverter<StoragePolicy> {
    private static final Map<String, StoragePolicy> WORDS = Map.of("require", StoragePolicy.REQUIRE_DIRECT,
        "prefer", StoragePolicy.PREFER_DIRECT, "portable", StoragePolicy.PORTABLE);

    @Override
    public StoragePolicy convert(String word) {
        StoragePolicy policy = WORDS.get(word);
        if (policy == null) {
            throw new TypeConversionException("'" + word + "' is none of require, prefer, portable");
        }
        return policy;
    }
}

package dev.varve.tools;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a number of bytes as people write it: {@code 4096}, {@code 64K}, {@code 16MiB}. */
final class ByteCount implements ITypeConverter<Long> {
    private static final Pattern FORM = Pattern.compile("(\\d{1,18})\\s*(?:([kmg])(?:i?b)?)?", Pattern.CASE_INSENSITIVE);
    private static final int UNIT_BITS = 10;

    @Override
    public Long convert(String text) {
        Matcher matcher = FORM.matcher(text);
        if (matcher.matches()) {
            long count = Long.parseLong(matcher.group(1));
            String unit = matcher.group(2);
            int shift = unit == null ? 0 : UNIT_BITS * ("kmg".indexOf(unit.toLowerCase(Locale.ROOT)) + 1);
            if (count <= Long.MAX_VALUE >> shift) {
                return count << shift;
            }
        }
        throw new TypeConversionException("'" + text + "' is no number of bytes, such as 65536, 64K or 16M");
    }
}

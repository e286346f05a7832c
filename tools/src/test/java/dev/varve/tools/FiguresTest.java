package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.TypeConversionException;

class FiguresTest {
    @Test
    void shouldWriteBytesWithTheLargestFittingUnit() {
        assertThat(Figures.bytes(0)).isEqualTo("0 bytes");
        assertThat(Figures.bytes(1)).isEqualTo("1 byte");
        assertThat(Figures.bytes(1023)).isEqualTo("1023 bytes");
        assertThat(Figures.bytes(1536)).isEqualTo("1.5 KiB");
        assertThat(Figures.bytes(64L << 20)).isEqualTo("64.0 MiB");
        assertThat(Figures.bytes(Long.MAX_VALUE)).isEqualTo("8.0 EiB");
    }

    @Test
    void shouldCallOneThingByItsSingular() {
        assertThat(Figures.count(0, "batch")).isEqualTo("0 batches");
        assertThat(Figures.count(1, "batch")).isEqualTo("1 batch");
        assertThat(Figures.count(2, "sync")).isEqualTo("2 syncs");
    }

    @Test
    void shouldWriteDurations() {
        assertThat(Figures.duration(1_500)).isEqualTo("1.5 µs");
        assertThat(Figures.duration(2_340_000)).isEqualTo("2.34 ms");
        assertThat(Figures.duration(61_000_000_000L)).isEqualTo("61.00 s");
    }

    @Test
    void shouldNotDivideByNoTime() {
        assertThat(Figures.perSecond(5, 0)).isZero();
        assertThat(Figures.perSecond(5, 2_000_000_000)).isEqualTo(3);
    }

    @Test
    void shouldReadBytesAsPeopleWriteThem() {
        ByteCount count = new ByteCount();

        assertThat(count.convert("4096")).isEqualTo(4096);
        assertThat(count.convert("64K")).isEqualTo(65_536);
        assertThat(count.convert("16MiB")).isEqualTo(16L << 20);
        assertThat(count.convert("1 gb")).isEqualTo(1L << 30);
        for (String wrong : List.of("", "-1", "K", "1T", "1.5M", "99999999999999999G")) {
            assertThatThrownBy(() -> count.convert(wrong)).as(wrong).isInstanceOf(TypeConversionException.class);
        }
    }

    @Test
    void shouldAlignNumbersToTheRight() {
        TextTable table = new TextTable(List.of("NAME", "STATE", "COUNT"));
        table.add(List.of("a", "open", 5));
        table.add(List.of("long name", "", 12_345_678));

        assertThat(table.lines()).containsExactly(
            "NAME       STATE     COUNT",
            "a          open          5",
            "long name         12345678");
    }
}

package dev.varve.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProbeCommandTest {
    @TempDir(factory = BuildTree.class)
    private Path folder;

    @Test
    void shouldPrintALineForEachFact() {
        CommandRun probe = CommandRun.of("probe", folder);

        assertThat(probe.status()).as("%s", probe).isZero();
        assertThat(probe.outputText()).contains("contract:          DIRECT_AIO", "file system:", "direct I/O:", "device:", "write cache:",
            "FUA:", "kernel AIO:", "fs.aio-nr:", "sysctl -w fs.aio-max-nr=", "write, FDSYNC:", "write, RWF_DSYNC:");
        assertThat(probe.errors()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void shouldPrintOneJsonObject() {
        CommandRun probe = CommandRun.of("probe", folder, "--format", "json");

        assertThat(probe.status()).as("%s", probe).isZero();
        assertThat(probe.outputText().lines()).hasSize(1).first().asString().startsWith("{\"directory\":")
            .contains("\"contract\":\"DIRECT_AIO\"", "\"directMemoryAlignmentBytes\":", "\"writeRwfDsync\":{\"errno\":null,\"medianNs\":")
            .endsWith("}}");
    }

    @Test
    void shouldSayWhatIsWrong() {
        assertThat(CommandRun.of("probe", folder.resolve("missing")).status()).isEqualTo(2);
        CommandRun format = CommandRun.of("probe", folder, "--format", "xml");
        assertThat(format.status()).isEqualTo(1);
        assertThat(format.errors()).contains("text or json");
    }
}

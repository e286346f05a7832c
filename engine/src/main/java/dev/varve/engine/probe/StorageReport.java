package dev.varve.engine.probe;

import dev.varve.engine.aio.AioLimits;
import dev.varve.engine.io.Asynchrony;
import dev.varve.engine.io.StorageContract;
import dev.varve.engine.linux.BlockDevice;
import dev.varve.engine.linux.DirectAlignment;
import dev.varve.engine.linux.StorageFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a probe found out about the storage under a directory.
 *
 * @param directory the directory
 * @param contract  the best contract that a log can keep there
 * @param refusal   why it is not DIRECT_AIO, and what mends that; empty if it is
 * @param facts     what the kernel says; null if it could not be asked
 * @param device    what lies below
 * @param aio       how kernel AIO works there
 * @param costs     what durability costs, by method
 */
public record StorageReport(String directory, StorageContract contract, String refusal, StorageFacts facts, BlockDevice device, Aio aio,
                            List<Cost> costs) {
    private static final double US_NS = 1000;

    /**
     * Kernel AIO.
     *
     * @param asynchrony whether it is asynchronous on this file system
     * @param limits     what is reserved on this machine, and the limit
     * @param remedy     the command that raises the limit
     */
    public record Aio(Asynchrony asynchrony, AioLimits limits, String remedy) {
    }

    /** A way to make a block durable. */
    public enum Method {
        /** Not at all: the block is written. */
        WRITE("write, no sync", "write"),
        /** FDSYNC after the write. */
        WRITE_FDSYNC("write, FDSYNC", "writeFdsync"),
        /** FSYNC after the write. */
        WRITE_FSYNC("write, FSYNC", "writeFsync"),
        /** RWF_DSYNC with the write. */
        WRITE_RWF_DSYNC("write, RWF_DSYNC", "writeRwfDsync");

        private final String text;
        private final String key;

        Method(String text, String key) {
            this.text = text;
            this.key = key;
        }

        /**
         * For people.
         *
         * @return what is done, in the order in which it is done
         */
        public String text() {
            return text;
        }

        /**
         * For programs.
         *
         * @return the name in JSON
         */
        public String key() {
            return key;
        }
    }

    /**
     * What one way to make a block durable costs.
     *
     * @param method   the way
     * @param errno    why it does not work, as a symbol; empty if it does
     * @param medianNs median of its duration, in nanoseconds; 0 if it does not work
     */
    public record Cost(Method method, String errno, long medianNs) {
    }

    /**
     * The report in one line, for status lines.
     *
     * @return file system, device and contract
     */
    public String summary() {
        StringBuilder line = new StringBuilder(contract.toString());
        if (facts != null) {
            line.append(" on ").append(facts.fileSystem()).append(" (").append(facts.kind()).append("), ")
                .append(alignmentText());
        }
        if (!device.name().isEmpty()) {
            line.append(", ").append(device.name()).append(' ').append(orUnknown(device.writeCache())).append(", FUA ")
                .append(orUnknown(device.fua()));
        }
        if (aio.asynchrony() != Asynchrony.UNKNOWN) {
            line.append(", AIO ").append(aio.asynchrony().toString().toLowerCase(Locale.ROOT));
        }
        return line.toString();
    }

    private String alignmentText() {
        int largest = facts.direct().largest();
        return largest == 0 ? "no direct I/O" : "direct I/O in " + largest + " bytes";
    }

    private String alignmentsText() {
        DirectAlignment direct = facts.direct();
        if (direct.largest() == 0) {
            return "none";
        }
        return "memory in " + direct.memory() + " bytes, offset and length in " + direct.offset()
            + (direct.readOffset() == 0 ? "" : ", of reads in " + direct.readOffset());
    }

    private static String orUnknown(String text) {
        return text.isEmpty() ? "unknown" : text;
    }

    /**
     * The report for people.
     *
     * @return lines without line ends
     */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("directory:         " + directory);
        lines.add("contract:          " + contract);
        if (!refusal.isEmpty()) {
            lines.add("not DIRECT_AIO:    " + refusal);
        }
        if (facts != null) {
            lines.add("file system:       " + facts.fileSystem() + " (" + facts.kind() + ")");
            lines.add("direct I/O:        " + alignmentsText());
        }
        lines.add("device:            " + orUnknown(device.name()));
        lines.add("write cache:       " + orUnknown(device.writeCache()));
        lines.add("FUA:               " + orUnknown(device.fua()));
        lines.add("kernel AIO:        " + aio.asynchrony().toString().toLowerCase(Locale.ROOT));
        lines.add("fs.aio-nr:         " + aio.limits().used());
        lines.add("fs.aio-max-nr:     " + aio.limits().max() + " (to raise it: " + aio.remedy() + ")");
        for (Cost cost : costs) {
            lines.add(String.format(Locale.ROOT, "%-18s %s", cost.method().text() + ":", cost.errno().isEmpty()
                ? String.format(Locale.ROOT, "%.1f µs", cost.medianNs() / US_NS) : "refused with " + cost.errno()));
        }
        return lines;
    }

    /**
     * The report for programs. What is not known is null.
     *
     * @return a JSON object in one line
     */
    public String toJson() {
        JsonObject json = new JsonObject().text("directory", directory).text("contract", contract.toString()).text("refusal", refusal);
        json.object("fileSystem", facts == null ? null : new JsonObject().text("type", facts.fileSystem()).text("kind", facts.kind())
            .text("objection", facts.objection()).positive("directMemoryAlignmentBytes", facts.direct().memory())
            .positive("directOffsetAlignmentBytes", facts.direct().offset())
            .positive("directReadOffsetAlignmentBytes", facts.direct().readOffset()));
        json.object("device", new JsonObject().text("name", device.name()).text("writeCache", device.writeCache())
            .text("fua", device.fua()));
        json.object("aio", new JsonObject().text("asynchrony", aio.asynchrony().toString()).number("aioNr", aio.limits().used())
            .number("aioMaxNr", aio.limits().max()).text("raiseLimit", aio.remedy()));
        JsonObject methods = new JsonObject();
        for (Cost cost : costs) {
            methods.object(cost.method().key(), new JsonObject().text("errno", cost.errno()).positive("medianNs", cost.medianNs()));
        }
        return json.object("costs", methods).toString();
    }
}

package dev.varve.wal;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A process that works with a log for some time, one life of the log after another, says every minute how it is, and judges at the end
 * whether anything grew that must not. Its heap is to be of a fixed size, so that what grows is outside.
 */
final class SoakProgram {
    private static final long MINUTE_NS = 60_000_000_000L;
    private static final long LIFE_MAX_NS = 3 * MINUTE_NS;
    /** At least so many lives, so that growth from one to the next shows. */
    private static final int LIVES_MIN = 4;
    /** The compiler and its code take some for many minutes. */
    private static final long GROWTH_MAX_KIB = 48 << 10;
    private static final long HEAP_GROWTH_MAX_KIB = 16 << 10;
    private static final Pattern NO_DIGIT = Pattern.compile("\\D");

    private final SoakLoad load;
    private final long timeNs;
    private final long startNs = System.nanoTime();
    private long toldMinute;

    private SoakProgram(Path directory, long timeNs) {
        this.load = new SoakLoad(directory);
        this.timeNs = timeNs;
    }

    /** What the process is told: directory and seconds. It ends with 0 if all is well. */
    public static void main(String[] arguments) throws InterruptedException, IOException {
        boolean isWell = new SoakProgram(Path.of(arguments[0]), Long.parseLong(arguments[1]) * 1_000_000_000L).run();
        Runtime.getRuntime().halt(isWell ? 0 : 1);
    }

    /** What the process holds; the heap is what is in use after a collection. */
    private record Held(long rssKib, long heapKib, int descriptors, int contexts) {
        static Held now(boolean isCollected) throws IOException {
            if (isCollected) {
                System.gc();
            }
            long rss = 0;
            for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.UTF_8)) {
                rss = line.startsWith("VmRSS:") ? Long.parseLong(NO_DIGIT.matcher(line).replaceAll("")) : rss;
            }
            try (Stream<Path> open = Files.list(Path.of("/proc/self/fd")); Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
                // Each context of kernel AIO is mapped; the machine's own count has other processes' in it.
                return new Held(rss, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 10, (int) open.count(),
                    (int) maps.filter(line -> line.contains("[aio]")).count());
            }
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "RSS %d KiB, heap %d KiB, %d descriptors, %d contexts", rssKib, heapKib, descriptors,
                contexts);
        }
    }

    private boolean run() throws InterruptedException, IOException {
        List<Held> closed = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        try {
            long lifeNs = Math.min(timeNs / LIVES_MIN, LIFE_MAX_NS);
            while (closed.size() < LIVES_MIN || System.nanoTime() - startNs < timeNs) {
                live(System.nanoTime() + lifeNs);
                closed.add(Held.now(true));
                System.out.println("soak: closed after life " + closed.size() + ": " + closed.getLast());
            }
            judge(closed, wrong);
        } catch (RuntimeException | AssertionError e) {
            e.printStackTrace(System.out);
            wrong.add(e.toString());
        }
        System.out.println("soak: " + load + ": " + (wrong.isEmpty() ? "well" : "NOT WELL: " + wrong));
        return wrong.isEmpty();
    }

    private void live(long endNs) throws InterruptedException, IOException {
        load.begin();
        while (System.nanoTime() < endNs && load.failure() == null) {
            Thread.sleep(100);
            long minute = (System.nanoTime() - startNs) / MINUTE_NS;
            if (minute > toldMinute) {
                toldMinute = minute;
                System.out.println("soak: minute " + minute + ": " + load + "; " + Held.now(false));
            }
        }
        load.end();
    }

    /** From the second life on: the first loads what is needed ever after. With many lives, from a quarter of them on. */
    private void judge(List<Held> closed, List<String> wrong) {
        int from = Math.max(1, closed.size() / 4);
        Held first = closed.get(from);
        Held last = closed.getLast();
        double hours = (System.nanoTime() - startNs) / (60.0 * MINUTE_NS) * (closed.size() - 1 - from) / closed.size();
        System.out.printf(Locale.ROOT, "soak: RSS grows by %.1f MiB an hour, heap by %.1f; by few minutes nothing can be said%n",
            (last.rssKib() - first.rssKib()) / 1024.0 / hours, (last.heapKib() - first.heapKib()) / 1024.0 / hours);
        if (last.rssKib() - first.rssKib() > GROWTH_MAX_KIB) {
            wrong.add("memory grows");
        }
        if (last.heapKib() - first.heapKib() > HEAP_GROWTH_MAX_KIB) {
            wrong.add("the heap grows");
        }
        if (closed.stream().skip(1).anyMatch(held -> held.descriptors() != last.descriptors())) {
            wrong.add("descriptors differ");
        }
        if (closed.stream().anyMatch(held -> held.contexts() != 0)) {
            wrong.add("a context of kernel AIO is left");
        }
    }
}

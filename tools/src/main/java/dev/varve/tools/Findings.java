package dev.varve.tools;

import dev.varve.recovery.RecoveryReport;
import dev.varve.recovery.Verdict;
import java.nio.file.Path;

/** What a reading command says of a log that is not simply whole, once it has given out what is. No state. */
final class Findings {
    private Findings() {
    }

    /**
     * What a log is, in the form in which every command says it.
     *
     * @param directory the log's directory
     * @param verdict   what it is
     * @return directory, verdict, and the verdict in words
     */
    static String line(Path directory, Verdict verdict) {
        return directory + ": " + name(verdict) + ", " + verdict.text();
    }

    /**
     * The verdict as people read it.
     *
     * @param verdict what the log is
     * @return its name; in small letters if it only says that somebody is at work
     */
    static String name(Verdict verdict) {
        return verdict == Verdict.LIVE ? "live" : verdict.toString();
    }

    /**
     * Says on standard error what is remarkable.
     *
     * @param console   where to say it
     * @param directory the log's directory
     * @param report    what was found
     * @return the exit status of a command other than {@code verify}
     */
    static int say(Console console, Path directory, RecoveryReport report) {
        Verdict verdict = report.verdict();
        if (verdict != Verdict.CLEAN) {
            console.say(line(directory, verdict));
        }
        if (ExitStatus.of(verdict) != ExitStatus.DONE) {
            console.say(report.detail());
        }
        report.warnings().forEach(console::say);
        return ExitStatus.of(verdict).code();
    }
}

package dev.varve.tools;

import dev.varve.recovery.RecoveryReport;
import dev.varve.recovery.Verdict;

/** What a reading command says of a log that is not simply whole, once it has given out what is. No state. */
final class Findings {
    private Findings() {
    }

    /**
     * Says on standard error what is remarkable.
     *
     * @param console where to say it
     * @param report  what was found
     * @return the exit status of a command other than {@code verify}
     */
    static int say(Console console, RecoveryReport report) {
        Verdict verdict = report.verdict();
        if (verdict == Verdict.LIVE) {
            console.say("the log is live: " + verdict.text());
        } else if (verdict != Verdict.CLEAN) {
            console.say("the log: " + verdict + ", " + verdict.text());
        }
        if (ExitStatus.of(verdict) != ExitStatus.DONE) {
            console.say(report.detail());
        }
        report.warnings().forEach(console::say);
        return ExitStatus.of(verdict).code();
    }
}

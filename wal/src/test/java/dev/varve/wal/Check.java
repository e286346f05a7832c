package dev.varve.wal;

import java.util.Locale;

/** Checks of an oracle that is asked many millions of times: nothing is built unless one fails. Has no state. */
final class Check {
    private Check() {
    }

    /** Fails with the formatted text unless something holds. */
    static void that(boolean holds, String text, Object... values) {
        if (!holds) {
            throw failure(text, values);
        }
    }

    /** A failed check. */
    static AssertionError failure(String text, Object... values) {
        return new AssertionError(String.format(Locale.ROOT, text, values));
    }
}

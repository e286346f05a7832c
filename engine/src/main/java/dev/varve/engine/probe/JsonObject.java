package dev.varve.engine.probe;

/** Writes one JSON object, its members in the order they are added. One owner thread. */
final class JsonObject {
    private static final char FIRST_PRINTABLE = ' ';
    private static final char LAST_PRINTABLE = '~';

    private final StringBuilder members = new StringBuilder();

    /** Adds text; what is empty is null. */
    JsonObject text(String name, String value) {
        return value.isEmpty() ? member(name, "null") : member(name, quoted(value));
    }

    JsonObject number(String name, long value) {
        return member(name, Long.toString(value));
    }

    /** Adds a number that is positive; zero, which stands for what is not known, is null. */
    JsonObject positive(String name, long value) {
        return value > 0 ? number(name, value) : member(name, "null");
    }

    /** Adds an object; null stays null. */
    JsonObject object(String name, JsonObject value) {
        return member(name, String.valueOf(value));
    }

    private JsonObject member(String name, String json) {
        members.append(members.isEmpty() ? "" : ",").append(quoted(name)).append(':').append(json);
        return this;
    }

    private static String quoted(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < FIRST_PRINTABLE || c > LAST_PRINTABLE) {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }

    @Override
    public String toString() {
        return "{" + members + "}";
    }
}

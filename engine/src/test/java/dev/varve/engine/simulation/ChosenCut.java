package dev.varve.engine.simulation;

/**
 * A power cut whose outcome somebody else decides, block by block, name by name.
 *
 * <p>Guarded by the course's lock.
 */
final class ChosenCut implements PowerCut {
    private final Course course;
    private final CrashChoice choice;
    private final int sectorsInBlock;
    private SimulatedContent decidedContent;
    private int decidedBlock;
    private int decided;

    ChosenCut(Course course, CrashChoice choice, int blockSize) {
        this.course = course;
        this.choice = choice;
        this.sectorsInBlock = blockSize / SimulatedContent.SECTOR_LENGTH;
    }

    private int choose(String what, int alternatives) {
        int chosen = choice.choose(what, alternatives);
        if (chosen < 0 || chosen >= alternatives) {
            throw new IllegalArgumentException("chosen=" + chosen + " of " + alternatives + " for " + what);
        }
        course.trace(chosen);
        return chosen;
    }

    @Override
    public boolean survives() {
        return choose("a changed name", 2) == CrashChoice.NEW;
    }

    @Override
    public byte[] remains(SimulatedContent content, int sector) {
        int block = sector / sectorsInBlock;
        if (!content.equals(decidedContent) || block != decidedBlock) {
            decided = choose("block " + block + " of " + content.name(), 3);
            decidedContent = content;
            decidedBlock = block;
        }
        int outcome = decided == CrashChoice.GARBLED ? course.below(3) : decided;
        return switch (outcome) {
            case CrashChoice.OLD -> content.durable(sector);
            case CrashChoice.NEW -> content.sector(sector);
            default -> garbage();
        };
    }

    private byte[] garbage() {
        byte[] bytes = new byte[SimulatedContent.SECTOR_LENGTH];
        course.fill(bytes);
        return bytes;
    }

    @Override
    public long remainingLength(long durable, long length) {
        return choose("a length", 2) == CrashChoice.NEW ? length : durable;
    }
}

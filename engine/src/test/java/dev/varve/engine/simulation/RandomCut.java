package dev.varve.engine.simulation;

/**
 * A power cut as the seed will have it.
 *
 * <p>Each cut first draws a temper: how much survives, how much is damaged, and whether the device decides by sector or by block. Then
 * each sector becomes, independently of its neighbours, its durable content, one of its versions in the cache, zeros, garbage, what lay
 * there in an earlier life, or a byte-wise mixture of two of these. Temper matters: with fixed odds a cut would almost never keep or drop
 * everything.
 *
 * <p>Guarded by the course's lock.
 */
final class RandomCut implements PowerCut {
    private static final double[] SURVIVALS = {0, 0.1, 0.5, 0.9, 1};
    private static final double[] DAMAGES = {0, 0, 0.05, 0.4};

    private enum Remains { OLD, NEW, ZEROS, GARBAGE, FORMER, TORN, UNREADABLE }

    private final Course course;
    private final CrashMode mode;
    private final int blockSize;
    private final int unit;
    private final double survival;
    private final double damage;
    private final double spoiling;
    private SimulatedContent decidedContent;
    private int decidedUnit;
    private Remains decided = Remains.OLD;

    RandomCut(Course course, CrashMode mode, int blockSize) {
        this(course, mode, blockSize, 0);
    }

    RandomCut(Course course, CrashMode mode, int blockSize, double spoiling) {
        this.spoiling = spoiling;
        this.course = course;
        this.mode = mode;
        this.blockSize = blockSize;
        this.unit = course.chance(0.3) ? blockSize / SimulatedContent.SECTOR_LENGTH : 1;
        this.survival = switch (mode) {
            case ANY -> SURVIVALS[course.below(SURVIVALS.length)];
            case KEEP_ALL -> 1;
            case DROP_UNSYNCED -> 0;
            case TEAR_UNSYNCED -> 0.5;
        };
        this.damage = switch (mode) {
            case ANY -> DAMAGES[course.below(DAMAGES.length)];
            case KEEP_ALL, DROP_UNSYNCED -> 0;
            case TEAR_UNSYNCED -> 0.8;
        };
    }

    @Override
    public boolean survives() {
        return course.chance(survival);
    }

    @Override
    public byte[] remains(SimulatedContent content, int sector) {
        if (!content.equals(decidedContent) || sector / unit != decidedUnit || unit == 1) {
            decided = decide();
            decidedContent = content;
            decidedUnit = sector / unit;
        }
        course.trace(decided.name().hashCode());
        SectorVersion newest = content.newest(sector);
        return switch (decided) {
            case OLD -> seen(Situation.SECTOR_REVERTED, content.durable(sector));
            case NEW -> seen(Situation.SECTOR_KEPT, version(newest));
            case ZEROS -> seen(Situation.SECTOR_ZEROED, SimulatedContent.zeros());
            case GARBAGE -> seen(Situation.SECTOR_GARBLED, garbage());
            case FORMER -> seen(Situation.SECTOR_OF_A_FORMER_LIFE, content.former(sector));
            case TORN -> seen(Situation.SECTOR_TORN, torn(newest, content.durable(sector)));
            case UNREADABLE -> seen(Situation.SECTOR_SPOILED, null);
        };
    }

    private Remains decide() {
        if (!course.chance(damage)) {
            return survives() ? Remains.NEW : Remains.OLD;
        }
        if (course.chance(spoiling)) {
            return Remains.UNREADABLE;
        }
        if (mode == CrashMode.TEAR_UNSYNCED) {
            return Remains.TORN;
        }
        return switch (course.below(6)) {
            case 0 -> Remains.ZEROS;
            case 1 -> Remains.GARBAGE;
            case 2 -> Remains.FORMER;
            default -> Remains.TORN;
        };
    }

    private byte[] seen(Situation situation, byte[] bytes) {
        course.saw(situation);
        return bytes;
    }

    private byte[] version(SectorVersion newest) {
        if (newest.older() == null || mode == CrashMode.KEEP_ALL || course.chance(0.7)) {
            return newest.bytes();
        }
        course.saw(Situation.OLDER_VERSION_SURVIVED);
        SectorVersion version = newest;
        for (int i = course.below(newest.count()); i > 0; i--) {
            version = version.older();
        }
        return version.bytes();
    }

    private byte[] garbage() {
        byte[] bytes = new byte[SimulatedContent.SECTOR_LENGTH];
        course.fill(bytes);
        return bytes;
    }

    /** One content with a range of another in it; or the beginning of one and the end of another. */
    private byte[] torn(SectorVersion newest, byte[] old) {
        byte[] bytes = old.clone();
        byte[] other = version(newest);
        if (course.chance(0.2)) {
            other = course.chance(0.5) ? garbage() : SimulatedContent.zeros();
        }
        int from = course.chance(0.4) ? 0 : course.below(bytes.length);
        int to = course.chance(0.4) ? bytes.length : from + 1 + course.below(bytes.length - from);
        System.arraycopy(other, from, bytes, from, to - from);
        return bytes;
    }

    @Override
    public long remainingLength(long durable, long length) {
        if (survives()) {
            return length;
        }
        course.saw(Situation.LENGTH_LOST);
        long blocks = (length - durable) / blockSize;
        return course.chance(0.5) || blocks == 0 ? durable : durable + course.below(blocks) * blockSize;
    }
}

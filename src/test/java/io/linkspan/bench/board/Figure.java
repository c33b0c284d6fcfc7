package io.linkspan.bench.board;

/**
 * One kind of figure of a row.
 *
 * @param noise share of the stored value by which a second run may be worse
 * @param slack by how much a second run may be worse in any case, in the unit of the figure
 */
public record Figure(
    String name, String unit, Nature nature, boolean lowerIsBetter, double noise, double slack) {

  /** Says how far a figure depends on the machine. */
  public enum Nature {
    /** A number of events, which holds on a busy machine too. */
    COUNT("count"),

    /** Processor time of a server, to be compared with that of a peer in the same run. */
    CPU("CPU"),

    /** Bytes. */
    MEMORY("memory"),

    /** Time on the clock, which depends on the machine and its other load. */
    WALL("wall");

    private final String label;

    Nature(String label) {
      this.label = label;
    }

    /** Returns the name for tables and files. */
    public String label() {
      return label;
    }
  }

  /** Returns a number of events of which fewer are better, and none in most cases. */
  public static Figure count(String name) {
    return new Figure(name, "", Nature.COUNT, true, 0, 0);
  }

  /** Returns a number of events that varies from run to run. */
  public static Figure loose(String name) {
    return new Figure(name, "", Nature.COUNT, true, 1, 100);
  }

  /** Returns a share in percent of which more is better. */
  public static Figure share(String name) {
    return new Figure(name, "%", Nature.COUNT, false, 0, 0);
  }

  /** Returns processor time of a server. */
  public static Figure cpu(String name, String unit) {
    return new Figure(name, unit, Nature.CPU, true, 0.3, 0);
  }

  /** Returns an amount of memory. */
  public static Figure memory(String name, String unit, double slack) {
    return new Figure(name, unit, Nature.MEMORY, true, 0.2, slack);
  }

  /** Returns a time on the clock. */
  public static Figure wall(String name, String unit, double slack) {
    return new Figure(name, unit, Nature.WALL, true, 1, slack);
  }

  /** Returns a number per second of the clock. */
  public static Figure rate(String name) {
    return new Figure(name, "/s", Nature.WALL, false, 0.5, 0);
  }

  /** Returns whether a value is worse than a stored one, by more than the noise. */
  public boolean isWorse(double stored, double now) {
    double allowed = Math.max(slack, noise * Math.abs(stored));
    return lowerIsBetter ? now > stored + allowed : now < stored - allowed;
  }

  /** Returns whether a value is better than a stored one, by more than the noise. */
  public boolean isBetter(double stored, double now) {
    double allowed = Math.max(slack, noise * Math.abs(stored));
    return lowerIsBetter ? now < stored - allowed : now > stored + allowed;
  }
}

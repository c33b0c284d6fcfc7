package io.linkspan.memory;

/** Lists the consequences of used memory in their order; each one includes those before it. */
public enum MemoryLevel {
  /** Nothing happens. */
  NORMAL(0, "everything is accepted"),
  /** New clients are refused. */
  REFUSING(1, "new clients are refused"),
  /** Volatile messages are dropped, and the clients that hold most are closed. */
  SHEDDING(2, "volatile messages and slow clients are dropped"),
  /** Messages fail as queue-full. */
  FULL(3, "messages are refused as queue-full");

  private final int rank;
  private final String consequence;

  MemoryLevel(int rank, String consequence) {
    this.rank = rank;
    this.consequence = consequence;
  }

  /** Returns 0 for the lowest level, 1 for the next one, and so on. */
  public int rank() {
    return rank;
  }

  /** Returns what happens at this level, for a person. */
  public String consequence() {
    return consequence;
  }
}

package io.linkspan.memory;

import java.util.function.LongSupplier;

/**
 * One kind of memory: its limit, and the level at which its use is. A level is left only when the
 * use is {@value #HYSTERESIS} percent of the limit below the mark at which it was entered. Shared
 * by all event loops.
 *
 * <pre>
 *           refuseAt              shedAt              fullAt
 *   NORMAL ◄────────► REFUSING ◄────────► SHEDDING ◄────────► FULL
 * </pre>
 */
public final class MemoryPool {

  /** Percent of the limit. */
  private static final int HYSTERESIS = 5;

  /** Receives the changes of a pool's level, on the thread that caused them. */
  interface Listener {

    /** The level has changed. */
    void changed(MemoryPool pool, MemoryLevel from, MemoryLevel to, long used);
  }

  private final String name;
  private final long limit;
  private final LongSupplier reading;
  private final Listener listener;

  /** By the level that is entered at this use. */
  private final long[] marks;

  private final long hysteresis;
  private volatile MemoryLevel level = MemoryLevel.NORMAL;

  /**
   * Creates a pool.
   *
   * @param name in metrics and logs
   * @param limit in bytes
   * @param config names the levels
   * @param reading returns the bytes in use
   */
  MemoryPool(
      String name, long limit, MemoryConfig config, LongSupplier reading, Listener listener) {
    this.name = name;
    this.limit = limit;
    this.reading = reading;
    this.listener = listener;
    marks =
        new long[] {
          0,
          percent(limit, config.refuseAt()),
          percent(limit, config.shedAt()),
          percent(limit, config.fullAt())
        };
    hysteresis = percent(limit, HYSTERESIS);
  }

  private static long percent(long of, int percent) {
    return of / 100 * percent + of % 100 * percent / 100;
  }

  /** Returns the name in metrics and logs. */
  public String name() {
    return name;
  }

  /** Returns the limit in bytes. */
  public long limit() {
    return limit;
  }

  /** Returns the bytes in use. */
  public long used() {
    return reading.getAsLong();
  }

  /** Returns the level. */
  public MemoryLevel level() {
    return level;
  }

  /** Compares the use with the levels. */
  void update() {
    if (levelAt(reading.getAsLong()) != level) {
      change();
    }
  }

  private synchronized void change() {
    long used = reading.getAsLong();
    MemoryLevel from = level;
    MemoryLevel to = levelAt(used);
    if (from != to) {
      level = to;
      listener.changed(this, from, to, used);
    }
  }

  private MemoryLevel levelAt(long used) {
    int next = level.rank();
    while (next < marks.length - 1 && used >= marks[next + 1]) {
      next++;
    }
    while (next > 0 && used < marks[next] - hysteresis) {
      next--;
    }
    return LEVELS[next];
  }

  private static final MemoryLevel[] LEVELS = MemoryLevel.values();
}

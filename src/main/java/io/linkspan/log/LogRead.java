package io.linkspan.log;

import java.util.List;

/** The outcome of a read. */
public sealed interface LogRead {

  /**
   * Entries from the wanted position on.
   *
   * @param epoch of the log; 0 if it does not exist
   * @param entries in their order; may be empty
   * @param next offset at which to read on
   * @param end offset of the next entry that is appended; where it is {@code next}, all was read
   * @param missing number of offsets before {@code next} whose entries were removed or have expired
   */
  record Page(long epoch, List<LogEntry> entries, long next, long end, long missing)
      implements LogRead {

    static final Page NOTHING = new Page(0, List.of(), 0, 0, 0);

    /** Returns the offset of the first entry; that of what follows where there is none. */
    public long first() {
      return entries.isEmpty() ? next : entries.get(0).offset();
    }

    /** Returns whether nothing follows. */
    public boolean isLast() {
      return next >= end;
    }

    /** Returns the position after the page. */
    public LogPosition position() {
      return epoch == 0 ? LogPosition.START : new LogPosition(epoch, next);
    }
  }

  /**
   * The wanted position does not exist: it is of another epoch, entries after it were dropped, or
   * it is behind the end.
   *
   * @param epoch of the log that has this name; 0 if none has
   * @param first offset from which on nothing was dropped
   */
  record Gone(long epoch, long first) implements LogRead {}

  /** Returns what a read of a log gives that does not exist. */
  static LogRead none(LogPosition from) {
    return from.equals(LogPosition.START) ? Page.NOTHING : new Gone(0, 0);
  }

  /** Returns whether a log has this position. */
  static boolean exists(LogPosition position, long epoch, long first, long end) {
    return position.equals(LogPosition.START)
        || (position.epoch() == epoch && position.offset() >= first && position.offset() <= end);
  }

  /**
   * Returns the page of entries that were read.
   *
   * @param first offset from which on nothing was dropped
   * @param end offset of the next entry that is appended
   */
  static Page page(LogPosition from, long epoch, long first, long end, List<LogEntry> entries) {
    long begin = from.equals(LogPosition.START) ? first : from.offset();
    long after = entries.isEmpty() ? end : entries.get(entries.size() - 1).offset() + 1;
    return new Page(epoch, entries, after, end, after - begin - entries.size());
  }
}

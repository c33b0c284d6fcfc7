package io.linkspan.cluster;

import com.hazelcast.map.EntryProcessor;
import io.linkspan.log.Appended;
import io.linkspan.log.BoundedLog;
import io.linkspan.log.LogBounds;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.NewEntry;
import java.util.List;
import java.util.Map;

/**
 * Changes of one log, which run where it is stored and again at its backup. They change the stored
 * object, which is in memory as an object, so that an append costs nothing for what is there.
 */
final class LogProcessors {

  private LogProcessors() {}

  /**
   * Appends entries.
   *
   * @param epoch of the log if it does not exist: the same at the backup
   */
  record Append(long epoch, List<NewEntry> entries, LogBounds bounds, long now)
      implements EntryProcessor<String, BoundedLog, Appended> {
    @Override
    public Appended process(Map.Entry<String, BoundedLog> entry) {
      BoundedLog log = entry.getValue() == null ? new BoundedLog(epoch) : entry.getValue();
      Appended appended = log.append(entries, bounds, now);
      put(entry, log);
      return appended;
    }
  }

  /** Reads a page. Not marked as read-only, so that it waits for the changes before it. */
  record Read(LogPosition from, int maxEntries, long maxBytes, long now)
      implements EntryProcessor<String, BoundedLog, LogRead> {
    @Override
    public LogRead process(Map.Entry<String, BoundedLog> entry) {
      BoundedLog log = entry.getValue();
      if (log == null) {
        return LogRead.none(from);
      }
      return log.read(from, maxEntries, maxBytes, now);
    }

    /** Returns null: a read does not change the backup. */
    @Override
    public EntryProcessor<String, BoundedLog, LogRead> getBackupProcessor() {
      return null;
    }
  }

  /** Removes single entries. */
  record Remove(long epoch, List<Long> offsets)
      implements EntryProcessor<String, BoundedLog, Integer> {
    @Override
    public Integer process(Map.Entry<String, BoundedLog> entry) {
      BoundedLog log = entry.getValue();
      return log == null ? 0 : changed(entry, log, log.remove(epoch, offsets));
    }
  }

  /** Removes all entries before a position. */
  record Trim(LogPosition to) implements EntryProcessor<String, BoundedLog, Integer> {
    @Override
    public Integer process(Map.Entry<String, BoundedLog> entry) {
      BoundedLog log = entry.getValue();
      return log == null ? 0 : changed(entry, log, log.trim(to));
    }
  }

  /** Removes expired entries; returns their number, and what the log weighs then. */
  record Expire(long now) implements EntryProcessor<String, BoundedLog, long[]> {
    @Override
    public long[] process(Map.Entry<String, BoundedLog> entry) {
      BoundedLog log = entry.getValue();
      if (log == null) {
        return new long[] {0, 0};
      }
      int expired = changed(entry, log, log.expire(now));
      return new long[] {expired, log.cost()};
    }
  }

  private static int changed(Map.Entry<String, BoundedLog> entry, BoundedLog log, int removed) {
    if (removed > 0) {
      put(entry, log);
    }
    return removed;
  }

  private static void put(Map.Entry<String, BoundedLog> entry, BoundedLog log) {
    entry.setValue(log.isEmpty() ? null : log);
  }
}

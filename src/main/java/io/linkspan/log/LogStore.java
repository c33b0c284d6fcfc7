package io.linkspan.log;

import io.vertx.core.Future;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Stores logs of Messages by their names, such as {@code user:alice}. A log begins with its first
 * entry and ends with its last one; the next log of that name has another epoch.
 *
 * <p>Shared by all event loops. Futures complete on the caller's context. Times are milliseconds
 * since 1970 and come from the caller. Appends to one log are in order when each waits for the one
 * before it.
 */
public interface LogStore {

  /**
   * Prepares the store for use; called once.
   *
   * @return fails when the store cannot be used at all
   */
  Future<Void> start();

  /**
   * Appends entries in their order. When one is refused, so are all that follow it.
   *
   * @param entries that begin the log if it does not exist
   * @return completes when the entries are as safe as this store makes them; what is not known to
   *     be appended fails
   */
  Future<Appended> append(String log, List<NewEntry> entries, LogBounds bounds, long now);

  /**
   * Reads entries that have not expired.
   *
   * @param from {@link LogPosition#START} for the oldest entry that there is
   * @param maxEntries at least 1
   * @param maxBytes of the Messages; the first entry is read even if it is longer
   * @return a page, or that the position does not exist
   */
  Future<LogRead> read(String log, LogPosition from, int maxEntries, long maxBytes, long now);

  /**
   * Removes single entries; those of another epoch, and absent ones, are ignored.
   *
   * @return the number of removed entries
   */
  Future<Integer> remove(String log, long epoch, Collection<Long> offsets);

  /**
   * Removes all entries before a position; a position of another epoch is ignored.
   *
   * @return the number of removed entries
   */
  Future<Integer> trim(String log, LogPosition to);

  /** Deletes a log; does nothing when it does not exist. */
  Future<Void> delete(String log);

  /**
   * Removes expired entries of the logs that this node answers for, of a bounded number of logs at
   * a time. Called from time to time by each node; each entry is counted by one of them.
   *
   * @return the number of removed entries of each log that had some
   */
  Future<Map<String, Integer>> expire(long now);

  /** Closes the connections of the store, if it has any. */
  Future<Void> close();
}

package io.linkspan.history;

import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import java.util.List;

/**
 * The members of a group on one shard, as its feed sees them.
 *
 * @param <M> a member
 */
public interface FeedMembers<M> {

  /** Returns the members; not those that have moved. The list does not change. */
  List<M> all();

  /** Returns whether a session is a member here; it may leave while it is sent something. */
  boolean contains(M member);

  /** Returns the position up to which a member has everything. */
  LogPosition position(M member);

  /** Sets the position of a member; does nothing when it is not one. */
  void place(M member, LogPosition position);

  /** Sends a Message to a member; returns false when it has no room for it now. */
  boolean deliver(M member, KeptMessage kept);

  /**
   * Notifies a member that something is lost which it has not had.
   *
   * @param position where it goes on
   */
  void lost(M member, LogPosition position);

  /** Returns a Message of the log. */
  KeptMessage parse(long epoch, LogEntry entry);
}

package io.linkspan.history;

import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The members of a group that have not had everything that the others have, and get it from the
 * log. Pure: times are arguments, in milliseconds.
 *
 * @param <M> a member
 */
final class LaggingMembers<M> {

  /** No deadline. */
  static final long NEVER = Long.MAX_VALUE;

  /** Until a member without room is tried again. */
  static final long ROOM_MS = 500;

  /** Until the log is read again after a failure. */
  static final long FAILED_MS = 1_000;

  private static final class Lag {
    /** When the log is read for it; {@link #NEVER} while it is held. */
    long dueAt;

    /** Whether something is lost of which the member was not notified. */
    boolean lost;

    /** Whether the member has just joined, so that it has no position of its own. */
    boolean isNew;

    /** The Message that there was no room for; null when there was. */
    KeptMessage refused;

    Lag(long dueAt) {
      this.dueAt = dueAt;
    }
  }

  private final FeedMembers<M> members;
  private final Map<M, Lag> lags = new LinkedHashMap<>(4);

  LaggingMembers(FeedMembers<M> members) {
    this.members = members;
  }

  boolean contains(M member) {
    return lags.containsKey(member);
  }

  /** Adds a session that gets nothing before {@link #begin}; it may not be a member yet. */
  void hold(M member) {
    var lag = new Lag(NEVER);
    lag.isNew = !members.contains(member);
    lags.put(member, lag);
  }

  /** Returns whether a member has a position of its own. */
  boolean isPlaced(M member) {
    Lag lag = lags.get(member);
    return lag != null && !lag.isNew;
  }

  /** A member that is held is due now. */
  void begin(M member, long now) {
    Lag lag = lags.get(member);
    if (lag != null && lag.dueAt == NEVER) {
      lag.dueAt = now;
    }
  }

  /** Adds a member for which the log is read. */
  void add(M member, long when) {
    if (members.contains(member)) {
      lags.put(member, new Lag(when));
    }
  }

  /** Adds a member that has no room for a Message. */
  void addRefused(M member, KeptMessage kept, long now) {
    add(member, now + ROOM_MS);
    if (contains(member)) {
      lags.get(member).refused = kept;
    }
  }

  void remove(M member) {
    lags.remove(member);
  }

  /** Reads the log for a member again at a time. */
  void again(M member, long when) {
    lags.get(member).dueAt = when;
  }

  long nextDeadline() {
    return lags.values().stream().mapToLong(lag -> lag.dueAt).min().orElse(NEVER);
  }

  /** Tries again to send what members had no room for. */
  void retry(long now) {
    lags.keySet().removeIf(member -> !members.contains(member) && isPlaced(member));
    for (M member : List.copyOf(lags.keySet())) {
      Lag lag = lags.get(member);
      if (lag != null && lag.refused != null && lag.dueAt <= now) {
        if (members.deliver(member, lag.refused)) {
          members.place(member, lag.refused.after());
          lag.refused = null;
        } else {
          lag.dueAt = now + ROOM_MS;
        }
      }
    }
  }

  /** Returns the position from which the log is to be read now; null when it is not. */
  LogPosition due(long now) {
    for (Map.Entry<M, Lag> one : lags.entrySet()) {
      if (one.getValue().dueAt <= now) {
        return members.position(one.getKey());
      }
    }
    return null;
  }

  private List<M> waitingAt(LogPosition from, long now) {
    List<M> waiting = new ArrayList<>();
    lags.forEach(
        (member, lag) -> {
          if (lag.dueAt <= now
              && lag.refused == null
              && members.contains(member)
              && members.position(member).equals(from)) {
            waiting.add(member);
          }
        });
    return waiting;
  }

  /** A read has failed. */
  void failed(LogPosition from, long now) {
    waitingAt(from, now).forEach(member -> again(member, now + FAILED_MS));
  }

  /**
   * Gives the result of a read to all that were at its position.
   *
   * @return the members that have everything that was in the log
   */
  List<M> answered(LogPosition from, LogRead result, long now) {
    List<M> done = new ArrayList<>();
    for (M member : waitingAt(from, now)) {
      Lag lag = lags.get(member);
      if (lag == null) {
        continue;
      }
      if (result instanceof LogRead.Page page) {
        if (serve(member, lag, page, now) && page.isLast()) {
          done.add(member);
        }
      } else {
        lag.lost = true;
        members.place(member, LogPosition.START);
      }
    }
    return done;
  }

  /** Returns false when the member has no room for all, or has left. */
  private boolean serve(M member, Lag lag, LogRead.Page page, long now) {
    LogPosition at = members.position(member);
    if (page.epoch() != 0 && at.epoch() == 0) {
      at = new LogPosition(page.epoch(), page.first());
      lag.lost |= at.offset() > 0;
      members.place(member, at);
    }
    if (lag.lost) {
      lag.lost = false;
      members.lost(member, at);
    }
    for (LogEntry entry : page.entries()) {
      skip(member, page.epoch(), entry.offset());
      KeptMessage kept = members.parse(page.epoch(), entry);
      boolean delivered = members.deliver(member, kept);
      if (lags.get(member) != lag) {
        return false;
      }
      if (!delivered) {
        lag.refused = kept;
        lag.dueAt = now + ROOM_MS;
        return false;
      }
      members.place(member, kept.after());
    }
    skip(member, page.epoch(), page.next());
    return lags.get(member) == lag;
  }

  /** Places a member at an offset; what is before it is lost. */
  private void skip(M member, long epoch, long offset) {
    if (members.position(member).offset() < offset) {
      var at = new LogPosition(epoch, offset);
      members.place(member, at);
      members.lost(member, at);
    }
  }
}

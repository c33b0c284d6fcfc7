package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.directory.ShardAddress;
import io.linkspan.wire.Seen;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Recognises Messages that one user has sent before, by their eventIds, and stores their outcomes.
 * Shared by the event loops of that user's sessions, hence synchronized; no other loop uses it.
 * Times are arguments, in milliseconds.
 */
final class DuplicateWindow {

  /** Repetitions that wait for the outcome of one Message; further ones receive no outcome. */
  private static final int MAX_WAITING = 16;

  private static final Outcome UNKNOWN =
      new Outcome(
          new MessageException(
              ErrorCode.TIMEOUT, "the node that had it did not report: send it again"));

  /**
   * Outcome of a Message.
   *
   * @param refusal null when it was acknowledged
   */
  record Outcome(MessageException refusal) {
    static final Outcome ACKNOWLEDGED = new Outcome(null);
  }

  /** A Message without an outcome. */
  static final class Entry {
    private long position;
    private List<Consumer<Outcome>> waiting;
  }

  private final int max;
  private final long window;

  /** One shard of each other node that has sessions of the user. */
  private volatile Set<String> followers = Set.of();

  /** The state of each is an {@link Entry} or an {@link Outcome}. */
  private final RecentIds ids = new RecentIds();

  /**
   * Creates an empty window.
   *
   * @param max entries, at least 1
   * @param window milliseconds that an entry is kept
   */
  DuplicateWindow(int max, long window) {
    this.max = max;
    this.window = window;
  }

  /**
   * Adds a Message.
   *
   * @param onOutcome receives, if the Message is a repetition, the outcome of the first one: now,
   *     if it has one, else later, on the thread that ends it
   * @return the entry to {@link #end}, or null for a repetition
   */
  Entry admit(String eventId, long now, Consumer<Outcome> onOutcome) {
    long high = RecentIds.high(eventId);
    long low = RecentIds.low(eventId);
    Outcome outcome;
    synchronized (this) {
      long position = ids.find(high, low);
      if (position != RecentIds.NONE && isExpired(position, now)) {
        ids.remove(position);
        position = RecentIds.NONE;
      }
      if (position == RecentIds.NONE) {
        return append(high, low, now);
      }
      if (ids.state(position) instanceof Entry entry) {
        await(entry, onOutcome);
        return null;
      }
      outcome = (Outcome) ids.state(position);
    }
    onOutcome.accept(outcome);
    return null;
  }

  /** Sets the outcome of a Message; repetitions that wait receive it. */
  void end(Entry entry, Outcome outcome) {
    List<Consumer<Outcome>> waiting;
    synchronized (this) {
      ids.setState(entry.position, outcome);
      waiting = entry.waiting;
      entry.waiting = null;
    }
    if (waiting != null) {
      waiting.forEach(waiter -> waiter.accept(outcome));
    }
  }

  /** Returns the shards of other nodes to which every change is reported. */
  Set<String> followers() {
    return followers;
  }

  /** Adds a shard of another node, in place of another one of its node. */
  synchronized void follow(String shard) {
    Set<String> all = withoutNodeOf(shard);
    all.add(shard);
    followers = Set.copyOf(all);
  }

  /** Removes the shard of another node. */
  synchronized void unfollow(String shard) {
    followers = Set.copyOf(withoutNodeOf(shard));
  }

  private Set<String> withoutNodeOf(String shard) {
    String node = ShardAddress.nodeOf(shard);
    Set<String> all = new HashSet<>(followers);
    all.removeIf(other -> ShardAddress.isOn(node, other));
    return all;
  }

  /** Returns all entries, and reports every later change to a shard of another node. */
  synchronized List<Seen> exportTo(String follower, long now) {
    follow(follower);
    return export(now);
  }

  /** Returns all entries, oldest first, for a node to which a session of this user moves. */
  synchronized List<Seen> export(long now) {
    List<Seen> all = new ArrayList<>();
    for (long position = ids.oldest(); position < ids.end(); position++) {
      if (ids.state(position) != null && !isExpired(position, now)) {
        all.add(describe(position, now));
      }
    }
    return all;
  }

  /** Returns an entry for the node to which the session moved; null when it was removed. */
  synchronized Seen describe(Entry entry, long now) {
    return ids.state(entry.position) == null ? null : describe(entry.position, now);
  }

  /**
   * Adds an entry of another node, if it is not there yet.
   *
   * @return the entry of a Message without an outcome, to {@link #end} or {@link #abandon}; else
   *     null
   */
  synchronized Entry restore(Seen seen, long now) {
    if (ids.find(seen.getHigh(), seen.getLow()) != RecentIds.NONE) {
      return null;
    }
    Entry entry = append(seen.getHigh(), seen.getLow(), now - seen.getAgeMs());
    if (seen.getOpen()) {
      return entry;
    }
    ids.setState(entry.position, outcomeOf(seen));
    return null;
  }

  /**
   * Another node reports the outcome of a Message.
   *
   * @return whether the Message is here, without an outcome until now
   */
  boolean end(Seen seen) {
    Entry entry;
    synchronized (this) {
      long position = ids.find(seen.getHigh(), seen.getLow());
      entry = position != RecentIds.NONE && ids.state(position) instanceof Entry open ? open : null;
    }
    if (entry != null && !seen.getOpen()) {
      end(entry, outcomeOf(seen));
    }
    return entry != null;
  }

  /** Removes an entry whose outcome cannot become known: the Message may be sent again. */
  void abandon(Entry entry) {
    List<Consumer<Outcome>> waiting;
    synchronized (this) {
      if (ids.state(entry.position) != entry) {
        return;
      }
      ids.remove(entry.position);
      waiting = entry.waiting;
      entry.waiting = null;
    }
    if (waiting != null) {
      waiting.forEach(waiter -> waiter.accept(UNKNOWN));
    }
  }

  /** Returns whether there are no entries. */
  synchronized boolean isEmpty() {
    return ids.size() == 0;
  }

  private Seen describe(long position, long now) {
    Seen.Builder seen =
        Seen.newBuilder()
            .setHigh(ids.high(position))
            .setLow(ids.low(position))
            .setAgeMs(Math.max(0, now - ids.arrived(position)));
    if (ids.state(position) instanceof Entry) {
      return seen.setOpen(true).build();
    }
    MessageException refusal = ((Outcome) ids.state(position)).refusal();
    if (refusal != null) {
      seen.setCode(refusal.code().number())
          .setText(refusal.getMessage())
          .setRetryAfterMs(refusal.retryAfterMs());
    }
    return seen.build();
  }

  private static Outcome outcomeOf(Seen seen) {
    return seen.getCode() == 0
        ? Outcome.ACKNOWLEDGED
        : new Outcome(
            new MessageException(
                ErrorCode.of(seen.getCode()).orElse(ErrorCode.INTERNAL),
                seen.getText(),
                seen.getRetryAfterMs()));
  }

  private static void await(Entry entry, Consumer<Outcome> onOutcome) {
    if (entry.waiting == null) {
      entry.waiting = new ArrayList<>(1);
    }
    if (entry.waiting.size() < MAX_WAITING) {
      entry.waiting.add(onOutcome);
    }
  }

  private Entry append(long high, long low, long now) {
    while (ids.size() > 0 && (ids.size() >= max || isExpired(ids.oldest(), now))) {
      ids.removeOldest();
    }
    Entry entry = new Entry();
    entry.position = ids.append(high, low, now, entry);
    return entry;
  }

  /** A Message without an outcome does not expire. */
  private boolean isExpired(long position, long now) {
    return !(ids.state(position) instanceof Entry) && now - ids.arrived(position) > window;
  }
}

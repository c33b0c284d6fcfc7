package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.memory.MemoryUse;
import io.linkspan.memory.MessageCost;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.wire.Seen;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Recognises Messages that one user has sent before, by their eventIds, and stores their outcomes.
 * Shared by the event loops of that user's sessions, hence synchronized; no other loop uses it.
 * Times are arguments, in milliseconds.
 *
 * <p>While memory is short, refusals are stored without their texts, and the window does not grow:
 * an older entry ends instead.
 */
final class DuplicateWindow {

  /** Repetitions that wait for the outcome of one Message; further ones receive no outcome. */
  private static final int MAX_WAITING = 16;

  /** Longest text of a stored refusal, in characters. */
  private static final int MAX_TEXT = 200;

  /** Bytes of a stored refusal apart from its text. */
  private static final long REFUSAL = 32;

  private static final Outcome UNKNOWN =
      new Outcome(ErrorCode.TIMEOUT, "the node that had it did not report: send it again", 0);

  /**
   * Outcome of a Message. Stored for minutes, so it is small.
   *
   * @param code null when the Message was acknowledged
   * @param text for a person; empty when it is not stored
   * @param retryAfterMs when the sender may retry; 0 is unknown
   */
  record Outcome(ErrorCode code, String text, long retryAfterMs) {
    static final Outcome ACKNOWLEDGED = new Outcome(null, "", 0);

    Outcome {
      if (text.length() > MAX_TEXT) {
        text = text.substring(0, MAX_TEXT);
      }
    }

    /** Returns the outcome of a refused Message. */
    static Outcome of(MessageException refusal) {
      return new Outcome(refusal.code(), refusal.getMessage(), refusal.retryAfterMs());
    }

    /** Returns the refusal; null when the Message was acknowledged. */
    MessageException refusal() {
      return code == null
          ? null
          : new MessageException(
              code, text.isEmpty() ? "the message was refused before" : text, retryAfterMs);
    }

    private long cost() {
      return text.isEmpty() ? 0 : REFUSAL + MessageCost.ofText(text);
    }
  }

  /** Outcomes of refused Messages without their texts. */
  private static final Map<ErrorCode, Outcome> WITHOUT_TEXT =
      Arrays.stream(ErrorCode.values())
          .collect(
              Collectors.toMap(
                  code -> code,
                  code -> new Outcome(code, "", 0),
                  (one, other) -> one,
                  () -> new EnumMap<>(ErrorCode.class)));

  /** Receives the outcomes of repetitions. */
  interface Repetitions {

    /** A Message that was sent again has an outcome. */
    void ended(String eventId, Receipt receipt, Outcome outcome);
  }

  /** A Message without an outcome. */
  static final class Entry {
    private long position;
    private List<Consumer<Outcome>> waiting;
  }

  private final int max;
  private final long window;
  private final SharedMemoryAccount memory;

  /** Bytes that are charged for the window; 0 once it is forgotten. */
  private long charged;

  private long refusals;
  private boolean forgotten;

  /** One shard of each other node that has sessions of the user. */
  private volatile Set<String> followers = Set.of();

  /** The state of each is an {@link Entry} or an {@link Outcome}. */
  private final RecentIds ids = new RecentIds();

  /**
   * Creates an empty window.
   *
   * @param max entries, at least 1
   * @param window milliseconds that an entry is kept
   * @param memory is charged for the window
   */
  DuplicateWindow(int max, long window, SharedMemoryAccount memory) {
    this.max = max;
    this.window = window;
    this.memory = memory;
    charge();
  }

  /**
   * Adds a Message.
   *
   * @param receipt of the Message, is passed on to {@code repetitions}
   * @param repetitions receives, if the Message is a repetition, the outcome of the first one: now,
   *     if it has one, else later, on the thread that ends it
   * @return the entry to {@link #end}, or null for a repetition
   */
  Entry admit(String eventId, long now, Receipt receipt, Repetitions repetitions) {
    long high = RecentIds.high(eventId);
    long low = RecentIds.low(eventId);
    Outcome outcome;
    synchronized (this) {
      long position = ids.find(high, low);
      if (position != RecentIds.NONE && isExpired(position, now)) {
        remove(position);
        position = RecentIds.NONE;
      }
      if (position == RecentIds.NONE) {
        return append(high, low, now);
      }
      if (ids.state(position) instanceof Entry entry) {
        await(entry, later -> repetitions.ended(eventId, receipt, later));
        return null;
      }
      outcome = (Outcome) ids.state(position);
    }
    repetitions.ended(eventId, receipt, outcome);
    return null;
  }

  /** Sets the outcome of a Message; repetitions that wait receive it. */
  void end(Entry entry, Outcome outcome) {
    List<Consumer<Outcome>> waiting;
    synchronized (this) {
      setOutcome(entry, outcome);
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
    setOutcome(entry, outcomeOf(seen));
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
      remove(entry.position);
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

  /** Returns the bytes of the window. */
  synchronized long cost() {
    return ids.bytes() + refusals;
  }

  /** Gives back what is charged for the window, which nobody uses any more. */
  synchronized void forget() {
    forgotten = true;
    memory.change(MemoryUse.DUPLICATES, -charged);
    charged = 0;
  }

  private void charge() {
    long cost = ids.bytes() + refusals;
    if (cost != charged && !forgotten) {
      memory.change(MemoryUse.DUPLICATES, cost - charged);
      charged = cost;
    }
  }

  private void setOutcome(Entry entry, Outcome outcome) {
    if (ids.state(entry.position) == null) {
      return;
    }
    Outcome stored =
        outcome.code() != null && memory.isAt(MemoryLevel.REFUSING)
            ? WITHOUT_TEXT.get(outcome.code())
            : outcome;
    ids.setState(entry.position, stored);
    refusals += stored.cost();
    charge();
  }

  private void remove(long position) {
    if (ids.state(position) instanceof Outcome outcome) {
      refusals -= outcome.cost();
    }
    ids.remove(position);
    charge();
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
    Outcome outcome = (Outcome) ids.state(position);
    if (outcome.code() != null) {
      seen.setCode(outcome.code().number())
          .setText(outcome.text())
          .setRetryAfterMs(outcome.retryAfterMs());
    }
    return seen.build();
  }

  private static Outcome outcomeOf(Seen seen) {
    return seen.getCode() == 0
        ? Outcome.ACKNOWLEDGED
        : new Outcome(
            ErrorCode.of(seen.getCode()).orElse(ErrorCode.INTERNAL),
            seen.getText(),
            seen.getRetryAfterMs());
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
    while (ids.size() > 0 && (ids.size() >= max || isExpired(ids.oldest(), now) || mayNotGrow())) {
      remove(ids.oldest());
      ids.removeOldest();
    }
    Entry entry = new Entry();
    entry.position = ids.append(high, low, now, entry);
    charge();
    return entry;
  }

  private boolean mayNotGrow() {
    return ids.isFull() && memory.isAt(MemoryLevel.SHEDDING);
  }

  /** A Message without an outcome does not expire. */
  private boolean isExpired(long position, long now) {
    return !(ids.state(position) instanceof Entry) && now - ids.arrived(position) > window;
  }
}

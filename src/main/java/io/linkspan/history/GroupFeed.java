package io.linkspan.history;

import io.linkspan.log.LogEntry;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives the kept Messages of one group to its members on one shard, in the order of the log,
 * without gap and double. Messages arrive from several nodes in any order; what is missing is read
 * from the log. Pure: times are arguments, in milliseconds.
 *
 * <p>Members that follow have everything before one position, {@code next}. Others lag: they get
 * what they miss from the log.
 *
 * <pre>
 *   held ── begin ──► lags ── has everything before next ──► follows ── Message at next ──► follows
 *     ▲                 ▲                                       │ │
 *     │                 └───────── no room for a Message ───────┘ │
 *     └──────────────── asks for what it missed ──────────────────┘
 * </pre>
 *
 * @param <M> a member
 */
public final class GroupFeed<M> {

  /** No deadline. */
  public static final long NEVER = LaggingMembers.NEVER;

  /** A Message that is missing is often on its way: time until the log is read. */
  static final long GAP_MS = 50;

  /** Until a member is compared again with the others, which are in another log. */
  private static final long RETRY_MS = 250;

  private final FeedMembers<M> members;
  private final LaggingMembers<M> lagging;

  /** Position of the next Message for all that follow; null until it is known. */
  private LogPosition next;

  /** Offset after the last Message that is known to exist, in the epoch of {@code next}. */
  private long known;

  /** Messages in the epoch of {@code next} that arrived before earlier ones. */
  private final EarlyMessages early = new EarlyMessages();

  /** Messages that arrived before {@code next} was known. */
  private List<KeptMessage> unplaced = List.of();

  /** When the log is read for all that follow. */
  private long dueAt = NEVER;

  /** Whether the log must be read, although nothing in its epoch is known to be missing. */
  private boolean unsure;

  /** Whether something is lost of which those that follow were not notified. */
  private boolean lost;

  /** Position of the read in flight; null when none is. */
  private LogPosition reading;

  /** Whether the read in flight is for all that follow. */
  private boolean readingForAll;

  /** {@code known} when the read in flight began. */
  private long knownBefore;

  /** Creates the feed of a group whose place in the log is not known. */
  public GroupFeed(FeedMembers<M> members) {
    this.members = members;
    lagging = new LaggingMembers<>(members);
  }

  // ------------------------------------------------------------------------- members

  /** Returns whether the place in the log is known. */
  public boolean isPlaced() {
    return next != null;
  }

  /**
   * Sets the place of a feed that has none: the end of the log, or the first Message that has
   * arrived if that is before it.
   */
  public void place(LogPosition end, long now) {
    if (next != null) {
      return;
    }
    List<KeptMessage> arrived = unplaced;
    unplaced = List.of();
    long first =
        arrived.stream()
            .filter(kept -> kept.epoch() == end.epoch())
            .mapToLong(KeptMessage::offset)
            .reduce(end.offset(), Math::min);
    goTo(new LogPosition(end.epoch(), first));
    for (M member : members.all()) {
      if (!lagging.isPlaced(member)) {
        members.place(member, next);
      }
    }
    arrived.forEach(kept -> arrived(kept, now));
    dueAt = unsure ? now : dueAt;
  }

  private void goTo(LogPosition position) {
    next = position;
    known = position.offset();
    early.clear();
  }

  /** A session has joined, and gets what is kept from now on. */
  public void joined(M member) {
    if (next != null) {
      members.place(member, next);
    }
  }

  /** A session that is a member, or will be one, gets nothing until it begins. */
  public void hold(M member) {
    lagging.hold(member);
  }

  /** A member that was held gets all from its position on. */
  public void begin(M member, long now) {
    if (members.position(member).equals(next)) {
      lagging.remove(member);
    } else {
      lagging.begin(member, now);
    }
  }

  /**
   * A session has come from another shard with its position, or has stayed here after all. It is
   * held until {@link #begin}.
   */
  public void restored(M member) {
    if (!members.position(member).equals(next)) {
      lagging.hold(member);
    }
  }

  /** Looks whether the log has something that did not arrive. */
  public void check(long now) {
    unsure = true;
    dueAt = next == null ? NEVER : now;
  }

  /** A member has left, or another shard has it. */
  public void removed(M member) {
    lagging.remove(member);
  }

  /** Returns the bytes of the Messages that are held. */
  public int held() {
    return early.bytes();
  }

  // ---------------------------------------------------------------- what other shards send

  /** Takes a Message that was kept and has arrived here. */
  public void arrived(KeptMessage kept, long now) {
    if (next == null) {
      await(kept);
      return;
    }
    if (next.epoch() == 0 && kept.offset() == 0) {
      enter(new LogPosition(kept.epoch(), 0), now);
    }
    if (kept.epoch() != next.epoch()) {
      check(now);
    } else if (kept.offset() > next.offset()) {
      known = Math.max(known, kept.offset() + 1);
      dueAt = Math.min(dueAt, early.hold(kept) ? now + GAP_MS : now);
    } else if (kept.offset() == next.offset()) {
      deliver(kept, now);
      deliverEarly(now);
      rearm(now);
    }
  }

  private void await(KeptMessage kept) {
    if (unplaced.size() == EarlyMessages.MAX) {
      unsure = true;
      return;
    }
    if (unplaced.isEmpty()) {
      unplaced = new ArrayList<>(1);
    }
    unplaced.add(kept);
  }

  private void rearm(long now) {
    if (unsure) {
      dueAt = Math.min(dueAt, now);
    } else {
      dueAt = known > next.offset() ? now + GAP_MS : NEVER;
    }
  }

  private void deliverEarly(long now) {
    for (KeptMessage kept; (kept = early.take(next.offset())) != null; ) {
      deliver(kept, now);
    }
  }

  /** Delivers the next Message to all that follow. */
  private void deliver(KeptMessage kept, long now) {
    LogPosition at = next;
    next = kept.after();
    known = Math.max(known, next.offset());
    for (M member : members.all()) {
      LogPosition has = members.position(member);
      if (lagging.contains(member) || !members.contains(member)) {
        continue;
      }
      if (isBefore(has, at)) {
        lagging.add(member, now);
      } else if (has.equals(at)) {
        if (members.deliver(member, kept)) {
          members.place(member, next);
        } else {
          lagging.addRefused(member, kept, now);
        }
      }
    }
  }

  // ------------------------------------------------------------------------ reads

  /** Returns when {@link #nextRead} is to be called at the latest. */
  public long nextDeadline() {
    return reading == null ? Math.min(dueAt, lagging.nextDeadline()) : NEVER;
  }

  /** Begins a read of the log if one is due; returns its position, or null. */
  public LogPosition nextRead(long now) {
    if (reading != null) {
      return null;
    }
    lagging.retry(now);
    LogPosition forOthers = lagging.due(now);
    // In turn, so that neither waits for the other.
    readingForAll = next != null && dueAt <= now && (!readingForAll || forOthers == null);
    reading = readingForAll ? next : forOthers;
    knownBefore = known;
    unsure &= !readingForAll;
    return reading;
  }

  /** The read in flight has failed. */
  public void failed(long now) {
    lagging.failed(reading, now);
    if (readingForAll) {
      unsure = true;
      dueAt = now + LaggingMembers.FAILED_MS;
    }
    reading = null;
  }

  /** The read in flight has its result, for all members that were at its position. */
  public void answered(LogRead result, long now) {
    LogPosition from = reading;
    reading = null;
    lagging.answered(from, result, now).forEach(member -> compare(member, now));
    boolean concerns =
        next != null && next.epoch() == from.epoch() && next.offset() >= from.offset();
    if (concerns && result instanceof LogRead.Page page) {
      follow(page, now);
    } else if (concerns && next.equals(from) && result instanceof LogRead.Gone gone) {
      // It is another log, or has dropped what follows.
      lost |= gone.epoch() == next.epoch() || known > next.offset();
      moveAll(LogPosition.START, now);
      check(now);
    } else if (readingForAll) {
      check(now);
    }
  }

  /** Lets a member that has read everything follow, if the others are in the same place. */
  private void compare(M member, long now) {
    LogPosition at = members.position(member);
    if (next == null) {
      place(at, now);
    }
    if (at.epoch() != next.epoch()) {
      lagging.again(member, now + RETRY_MS);
      check(now);
    } else if (at.offset() >= next.offset()) {
      lagging.remove(member);
      known = Math.max(known, at.offset());
      if (known > next.offset()) {
        dueAt = Math.min(dueAt, now + GAP_MS);
      }
    }
  }

  private void follow(LogRead.Page page, long now) {
    if (page.epoch() == 0) {
      // Nothing was ever kept, or nothing is left.
      enter(LogPosition.START, now);
      rearm(now);
      return;
    }
    if (next.epoch() == 0) {
      lost |= page.first() > 0;
      enter(new LogPosition(page.epoch(), page.first()), now);
    }
    long before = next.offset();
    for (LogEntry entry : page.entries()) {
      if (entry.offset() >= next.offset()) {
        jump(entry.offset());
        deliver(members.parse(page.epoch(), entry), now);
      }
    }
    jump(page.next());
    deliverEarly(now);
    known = Math.max(known, page.end());
    if (readingForAll
        && page.isLast()
        && next.offset() == before
        && known == knownBefore
        && known > before) {
      // The log has lost what was announced.
      goTo(next);
      reportLost();
    }
    rearm(now);
    if (next.offset() == page.next() && !page.isLast()) {
      dueAt = now;
    }
  }

  /** Moves all that follow to a log, and notifies them if something before it is lost. */
  private void enter(LogPosition to, long now) {
    moveAll(to, now);
    if (lost) {
      lost = false;
      reportLost();
    }
  }

  private void moveAll(LogPosition to, long now) {
    LogPosition from = next;
    goTo(to);
    for (M member : members.all()) {
      if (!lagging.contains(member)) {
        if (members.position(member).equals(from)) {
          members.place(member, to);
        } else {
          lagging.add(member, now);
        }
      }
    }
  }

  /** Goes on at an offset of the same log; what is before it is lost. */
  private void jump(long offset) {
    if (offset <= next.offset()) {
      return;
    }
    next = new LogPosition(next.epoch(), offset);
    for (M member : members.all()) {
      if (!lagging.contains(member) && isBefore(members.position(member), next)) {
        members.place(member, next);
        members.lost(member, next);
      }
    }
  }

  private static boolean isBefore(LogPosition one, LogPosition other) {
    return one.epoch() != other.epoch() || one.offset() < other.offset();
  }

  private void reportLost() {
    for (M member : members.all()) {
      if (!lagging.contains(member)) {
        members.lost(member, next);
      }
    }
  }
}

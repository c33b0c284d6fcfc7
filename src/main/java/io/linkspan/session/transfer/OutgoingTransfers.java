package io.linkspan.session.transfer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Sessions that have recently moved from one shard to others, as their former owner stores them:
 * the whole state until the taker has confirmed, since the answer to its claim may have been lost;
 * then for a while the taker's address, to forward what still arrives. Pure: times are arguments,
 * in milliseconds.
 *
 * @param <S> the state of a session
 */
public final class OutgoingTransfers<S> {

  /**
   * A session that has moved, or is about to.
   *
   * @param claim identifies the taker's attempt
   * @param taker bus address of the shard that claims it
   * @param state null once the taker has confirmed
   * @param deadline when it is {@link #overdue}
   */
  public record Departure<S>(String session, String claim, String taker, S state, long deadline) {

    /** Returns whether the taker has confirmed that it has the session. */
    public boolean confirmed() {
      return state == null;
    }
  }

  private final long confirmTime;
  private final long forwardTime;
  private final Map<String, Departure<S>> bySession = new HashMap<>();
  private long earliest = Long.MAX_VALUE;

  /**
   * Creates an empty table.
   *
   * @param confirmTime milliseconds for the taker to confirm
   * @param forwardTime milliseconds for what is in flight to the former owner to arrive
   */
  public OutgoingTransfers(long confirmTime, long forwardTime) {
    this.confirmTime = confirmTime;
    this.forwardTime = forwardTime;
  }

  /** Adds a session that was granted to a taker. */
  public void add(String session, String claim, String taker, S state, long now) {
    put(new Departure<>(session, claim, taker, state, now + confirmTime));
  }

  /** Returns a departure; null when the session has not moved recently. */
  public Departure<S> find(String session) {
    return bySession.get(session);
  }

  /** Returns whether a departure has not changed since it was read. */
  public boolean isCurrent(Departure<S> departure) {
    Departure<S> current = bySession.get(departure.session());
    return current != null
        && current.claim().equals(departure.claim())
        && current.deadline() == departure.deadline();
  }

  /**
   * Returns the state for a claim that was granted before and is repeated; null when it was not.
   */
  public S granted(String session, String claim) {
    Departure<S> departure = bySession.get(session);
    return departure != null && departure.claim().equals(claim) ? departure.state() : null;
  }

  /**
   * The taker confirms that it has the session.
   *
   * @return false when it is too late: the session has stayed, or has moved to another shard
   */
  public boolean confirm(String session, String claim, long now) {
    Departure<S> departure = bySession.get(session);
    if (departure == null || !departure.claim().equals(claim)) {
      return false;
    }
    if (!departure.confirmed()) {
      put(new Departure<>(session, claim, departure.taker(), null, now + forwardTime));
    }
    return true;
  }

  /** Removes a departure: the session is here again, or nothing is in flight any more. */
  public void remove(String session) {
    bySession.remove(session);
  }

  /**
   * Returns the departures whose time is over: a confirmed one can be removed; for any other the
   * directory must be asked which shard has the session.
   */
  public List<Departure<S>> overdue(long now) {
    if (now < earliest) {
      return List.of();
    }
    List<Departure<S>> overdue = new ArrayList<>();
    earliest = Long.MAX_VALUE;
    for (Departure<S> departure : bySession.values()) {
      if (departure.deadline() <= now) {
        overdue.add(departure);
      } else {
        earliest = Math.min(earliest, departure.deadline());
      }
    }
    return overdue;
  }

  /** Extends a departure: the directory did not answer and is asked again later. */
  public void postpone(Departure<S> departure, long now) {
    if (isCurrent(departure)) {
      add(departure.session(), departure.claim(), departure.taker(), departure.state(), now);
    }
  }

  /** Returns when the next departure is overdue; {@link Long#MAX_VALUE} is never. */
  public long nextDeadline() {
    return earliest;
  }

  /** Returns whether a taker has not confirmed that it has its session. */
  public boolean awaitsConfirmation() {
    return bySession.values().stream().anyMatch(departure -> !departure.confirmed());
  }

  /** Returns the number of departures. */
  public int size() {
    return bySession.size();
  }

  private void put(Departure<S> departure) {
    bySession.put(departure.session(), departure);
    earliest = Math.min(earliest, departure.deadline());
  }
}

package io.linkspan.session.takeover;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The sessions that have lately gone from one shard to another, as their former owner remembers
 * them: until the taker has confirmed, all of it, for the answer to the claim may have been lost;
 * then for a while where it went, for what still comes. Pure: times are arguments, in milliseconds.
 *
 * @param <S> all of a session
 */
public final class OutgoingTransfers<S> {

  /**
   * A session that has gone, or is about to.
   *
   * @param claim tells the taker's attempt from others
   * @param taker bus address of the shard that wants it
   * @param state null once the taker has confirmed
   * @param deadline when it is {@link #overdue}
   */
  public record Departure<S>(String session, String claim, String taker, S state, long deadline) {

    /** Whether the taker has said that it has the session. */
    public boolean confirmed() {
      return state == null;
    }
  }

  private final long confirmTime;
  private final long forwardTime;
  private final Map<String, Departure<S>> bySession = new HashMap<>();
  private long earliest = Long.MAX_VALUE;

  /**
   * @param confirmTime for the taker to confirm
   * @param forwardTime for what is under way to the former owner to arrive
   */
  public OutgoingTransfers(long confirmTime, long forwardTime) {
    this.confirmTime = confirmTime;
    this.forwardTime = forwardTime;
  }

  /** The session was granted to a taker. */
  public void add(String session, String claim, String taker, S state, long now) {
    put(new Departure<>(session, claim, taker, state, now + confirmTime));
  }

  /** Null when the session has not gone from here lately. */
  public Departure<S> find(String session) {
    return bySession.get(session);
  }

  /** Whether it is still unconfirmed, as it was. */
  public boolean isCurrent(Departure<S> departure) {
    Departure<S> current = bySession.get(departure.session());
    return current != null
        && current.claim().equals(departure.claim())
        && current.deadline() == departure.deadline();
  }

  /** What a claim that was granted before is answered again; null when it was not. */
  public S granted(String session, String claim) {
    Departure<S> departure = bySession.get(session);
    return departure != null && departure.claim().equals(claim) ? departure.state() : null;
  }

  /**
   * The taker has it.
   *
   * @return false when it is too late: the session has stayed, or has gone to another
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

  /** Forgets a departure: the session is here again, or nothing is under way any more. */
  public void remove(String session) {
    bySession.remove(session);
  }

  /**
   * Those whose time is over: a confirmed one is to be forgotten; of any other the directory has to
   * be asked where it is.
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

  /** The directory did not answer; it is asked again later. */
  public void postpone(Departure<S> departure, long now) {
    if (isCurrent(departure)) {
      add(departure.session(), departure.claim(), departure.taker(), departure.state(), now);
    }
  }

  /** When something is overdue next; {@link Long#MAX_VALUE} is never. */
  public long nextDeadline() {
    return earliest;
  }

  /** How many are remembered. */
  public int size() {
    return bySession.size();
  }

  private void put(Departure<S> departure) {
    bySession.put(departure.session(), departure);
    earliest = Math.min(earliest, departure.deadline());
  }
}

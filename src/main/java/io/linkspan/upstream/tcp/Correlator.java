package io.linkspan.upstream.tcp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Holds the Messages that were sent on one link and are not answered, and matches answers to them.
 * Pure; used by one thread.
 *
 * <p>An eventId is unique per user only. When another user's Message has an eventId that is in use,
 * the user's name is appended on the wire, the same one in each attempt.
 *
 * @param <A> an attempt to send a Message
 */
final class Correlator<A> {

  /** The attempt that an answer belongs to. */
  record Match<A>(A attempt, String eventId) {}

  private record Sent<A>(A attempt, String user, String eventId) {}

  /** Number of abandoned attempts whose late answers are recognised. */
  private static final int MAX_LATE = 1_000;

  private static final char SEPARATOR = '~';

  private final boolean inOrder;

  /** Unanswered attempts by the eventId on the wire, in the order of sending. */
  private final Map<String, Sent<A>> sent = new LinkedHashMap<>();

  /** Users whose attempts were abandoned, by the eventId on the wire. */
  private final Map<String, String> late =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MAX_LATE;
        }
      };

  /**
   * Creates a correlator for a new link.
   *
   * @param inOrder whether answers come in the order of sending
   */
  Correlator(boolean inOrder) {
    this.inOrder = inOrder;
  }

  /**
   * Adds an attempt that is about to be sent.
   *
   * @return the eventId that it must have on the wire
   */
  String add(String user, String eventId, A attempt) {
    String wireId = eventId;
    while (isTaken(wireId, user)) {
      wireId = wireId + SEPARATOR + user;
    }
    late.remove(wireId);
    sent.put(wireId, new Sent<>(attempt, user, eventId));
    return wireId;
  }

  /**
   * Matches an answer, and removes its attempt.
   *
   * @param wireId the eventId that the answer names; ignored when answers come in order
   * @return the attempt; null when there is none, or it was abandoned
   */
  Match<A> answered(String wireId) {
    String id = wireId;
    if (inOrder) {
      id = sent.isEmpty() ? null : sent.keySet().iterator().next();
    }
    Sent<A> answered = sent.remove(id);
    if (answered == null) {
      late.remove(id);
      return null;
    }
    return new Match<>(answered.attempt(), answered.eventId());
  }

  /** Removes an attempt that has taken too long; its answer may still arrive. */
  void abandon(A attempt) {
    sent.entrySet()
        .removeIf(
            entry -> {
              boolean found = entry.getValue().attempt() == attempt;
              if (found) {
                late.put(entry.getKey(), entry.getValue().user());
              }
              return found;
            });
  }

  /** Removes and returns all unanswered attempts of a lost link, in the order of sending. */
  List<A> takeAll() {
    List<A> all = new ArrayList<>(sent.size());
    sent.values().forEach(one -> all.add(one.attempt()));
    sent.clear();
    late.clear();
    return all;
  }

  /** Returns the number of unanswered attempts. */
  int size() {
    return sent.size();
  }

  private boolean isTaken(String wireId, String user) {
    if (sent.containsKey(wireId)) {
      return true;
    }
    String owner = late.get(wireId);
    return owner != null && !owner.equals(user);
  }
}

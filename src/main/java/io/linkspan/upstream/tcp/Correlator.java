package io.linkspan.upstream.tcp;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was sent on one link and is not answered, and which answer belongs to what. Pure; used by
 * one thread.
 *
 * <p>An eventId is unique for its user only. Where one that is in use comes from another user, it
 * is told apart by that user's name on the wire, the same one each time.
 *
 * @param <A> what is sent
 */
final class Correlator<A> {

  /** What an answer settles. */
  record Match<A>(A attempt, String eventId) {}

  private record Sent<A>(A attempt, String user, String eventId) {}

  /** Answers that come too late are recognised for so many that were given up. */
  private static final int MAX_LATE = 1_000;

  private static final char SEPARATOR = '~';

  private final boolean inOrder;

  /** By the eventId on the wire, in the order of sending. */
  private final Map<String, Sent<A>> sent = new LinkedHashMap<>();

  /** The users whose Messages were given up, by the eventId on the wire. */
  private final Map<String, String> late =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MAX_LATE;
        }
      };

  /**
   * Has sent nothing yet.
   *
   * @param inOrder whether answers come in the order of what they answer
   */
  Correlator(boolean inOrder) {
    this.inOrder = inOrder;
  }

  /**
   * Something is about to be sent.
   *
   * @return the eventId that it has to bear on the wire
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
   * An answer came.
   *
   * @param wireId what it says it answers; of no matter where answers come in order
   * @return what it answers; null when that is nothing, or was given up
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

  /** Gives up what has taken too long; its answer may still come. */
  void giveUp(A attempt) {
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

  /** The link is gone: takes out all that is not answered, in the order of sending. */
  List<A> takeAll() {
    List<A> all = new ArrayList<>(sent.size());
    sent.values().forEach(one -> all.add(one.attempt()));
    sent.clear();
    late.clear();
    return all;
  }

  /** How much is not answered. */
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

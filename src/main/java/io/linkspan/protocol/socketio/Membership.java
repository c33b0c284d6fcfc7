package io.linkspan.protocol.socketio;

import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * One client in one namespace, with the acknowledgements it owes there.
 *
 * <pre>
 *             accepted             put out             asks again
 *   PENDING ───────────► JOINED ─────────────► KICKED ───────────► a new PENDING
 *      │ refused            │ left                │ left
 *      └────────────────────┴──────► gone ◄───────┘
 * </pre>
 */
final class Membership {
  private enum State {
    PENDING,
    JOINED,
    /** Packets of the client still cross our DISCONNECT: they are not its fault. */
    KICKED
  }

  private State state = State.PENDING;
  // Most clients never owe any.
  private Map<Long, Long> deadlines = Map.of();

  boolean isPending() {
    return state == State.PENDING;
  }

  boolean isKicked() {
    return state == State.KICKED;
  }

  boolean isJoined() {
    return state == State.JOINED;
  }

  void join() {
    state = State.JOINED;
  }

  void kick() {
    state = State.KICKED;
    deadlines = Map.of();
  }

  int owed() {
    return deadlines.size();
  }

  /** Whether the id was free. */
  boolean expect(long ackId, long deadline) {
    if (deadlines.isEmpty()) {
      deadlines = new HashMap<>(4);
    }
    return deadlines.putIfAbsent(ackId, deadline) == null;
  }

  /** Whether the acknowledgement was owed. */
  boolean settle(long ackId) {
    return !deadlines.isEmpty() && deadlines.remove(ackId) != null;
  }

  /**
   * Drops what is overdue.
   *
   * @return when the next is due
   */
  long expire(long now, long never, LongConsumer overdue) {
    long next = never;
    if (deadlines.isEmpty()) {
      return next;
    }
    for (Iterator<Map.Entry<Long, Long>> i = deadlines.entrySet().iterator(); i.hasNext(); ) {
      Map.Entry<Long, Long> entry = i.next();
      if (now >= entry.getValue()) {
        i.remove();
        overdue.accept(entry.getKey());
      } else {
        next = Math.min(next, entry.getValue());
      }
    }
    return next;
  }
}

package io.linkspan.protocol.socketio;

import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
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
  /** Events of a client that has not joined yet. */
  private static final int MAX_EARLY = 100;

  private enum State {
    PENDING,
    JOINED,
    /** Packets of the client may still cross the DISCONNECT, and are ignored. */
    KICKED
  }

  private State state = State.PENDING;
  // Most clients wait until they have joined.
  private List<SocketPacket.Event> early = List.of();
  private long earlyWeight;
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

  /** Joins, and returns the events that arrived before. */
  List<SocketPacket.Event> join() {
    state = State.JOINED;
    List<SocketPacket.Event> before = early;
    early = List.of();
    return before;
  }

  /**
   * Keeps an event of a client that has not joined yet.
   *
   * @param maxWeight characters and bytes that may be kept
   * @return false when it is too much
   */
  boolean hold(SocketPacket.Event event, long maxWeight) {
    Arguments arguments = event.arguments();
    long weight = (long) event.name().length() + arguments.json().length();
    for (Buffer attachment : arguments.attachments()) {
      weight += attachment.length();
    }
    if (early.size() >= MAX_EARLY || weight > maxWeight - earlyWeight) {
      return false;
    }
    if (early.isEmpty()) {
      early = new ArrayList<>(4);
    }
    earlyWeight += weight;
    early.add(event);
    return true;
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

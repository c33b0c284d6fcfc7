package io.linkspan.delivery;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Holds the callbacks of deliveries that other shards make for this one, each under the number of a
 * ticket. The shard that has the session by then names the ticket when it reports the outcome.
 * Pure: times are arguments, in milliseconds.
 */
final class PendingReplies {

  private record Ticket(DeliveryCallback callback, long deadline) {}

  private final long timeout;
  private final Map<Long, Ticket> tickets = new LinkedHashMap<>();
  private long last;

  /**
   * Creates an empty table.
   *
   * @param timeout milliseconds after which an outcome can no longer be expected
   */
  PendingReplies(long timeout) {
    this.timeout = timeout;
  }

  /** Adds a callback and returns its ticket's number. */
  long issue(DeliveryCallback callback, long now) {
    tickets.put(++last, new Ticket(callback, now + timeout));
    return last;
  }

  /** Removes a ticket and returns its callback; null when there is none with this number. */
  DeliveryCallback redeem(long number) {
    Ticket ticket = tickets.remove(number);
    return ticket == null ? null : ticket.callback();
  }

  /** Fails the callbacks whose time is over. */
  void expire(long now) {
    Iterator<Ticket> oldest = tickets.values().iterator();
    List<DeliveryCallback> expired = new ArrayList<>(0);
    while (oldest.hasNext()) {
      Ticket ticket = oldest.next();
      if (ticket.deadline() > now) {
        break;
      }
      oldest.remove();
      expired.add(ticket.callback());
    }
    // Afterwards: a callback may issue a ticket.
    expired.forEach(
        callback ->
            callback.failed(
                new MessageException(ErrorCode.TIMEOUT, "the recipient's node did not report")));
  }

  /** Returns whether a ticket is pending. */
  boolean isPending(long number) {
    return tickets.containsKey(number);
  }

  /** Removes the tickets whose callbacks a predicate selects; returns these, oldest first. */
  List<DeliveryCallback> take(Predicate<DeliveryCallback> which) {
    List<DeliveryCallback> taken = new ArrayList<>();
    tickets
        .values()
        .removeIf(ticket -> which.test(ticket.callback()) && taken.add(ticket.callback()));
    return taken;
  }

  /** Removes all tickets; returns their callbacks, oldest first. */
  List<DeliveryCallback> takeAll() {
    return take(callback -> true);
  }

  /** Returns when the next ticket expires; {@link Long#MAX_VALUE} is never. */
  long nextDeadline() {
    return tickets.isEmpty() ? Long.MAX_VALUE : tickets.values().iterator().next().deadline();
  }

  /** Returns the number of pending tickets. */
  int size() {
    return tickets.size();
  }
}

package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Who waits on this shard for the ending of a delivery elsewhere. Whichever shard has the session
 * by then names the ticket when it tells the ending. Used only on the shard's event loop; times are
 * arguments.
 */
final class PendingReplies {

  private record Ticket(DeliveryCallback settlement, long deadline) {}

  private final long patience;
  private final Map<Long, Ticket> tickets = new LinkedHashMap<>();
  private long last;

  /**
   * @param patience milliseconds after which no ending is to be expected any more
   */
  PendingReplies(long patience) {
    this.patience = patience;
  }

  /** A number for whoever waits. */
  long issue(DeliveryCallback settlement, long now) {
    tickets.put(++last, new Ticket(settlement, now + patience));
    return last;
  }

  /** Whoever waits with this number; null when nobody does. Nobody does any more afterwards. */
  DeliveryCallback redeem(long number) {
    Ticket ticket = tickets.remove(number);
    return ticket == null ? null : ticket.settlement();
  }

  /** Fails those that have waited for as long as makes sense. */
  void expire(long now) {
    Iterator<Ticket> oldest = tickets.values().iterator();
    while (oldest.hasNext()) {
      Ticket ticket = oldest.next();
      if (ticket.deadline() > now) {
        return;
      }
      oldest.remove();
      ticket
          .settlement()
          .failed(new MessageException(ErrorCode.TIMEOUT, "nothing was heard of the recipient"));
    }
  }

  /** Whether somebody waits with this number. */
  boolean isOpen(long number) {
    return tickets.containsKey(number);
  }

  /** Takes out those who wait that a predicate picks, oldest first. */
  List<DeliveryCallback> take(Predicate<DeliveryCallback> which) {
    List<DeliveryCallback> taken = new ArrayList<>();
    tickets
        .values()
        .removeIf(ticket -> which.test(ticket.settlement()) && taken.add(ticket.settlement()));
    return taken;
  }

  /** Takes out all who wait. */
  List<DeliveryCallback> takeAll() {
    return take(settlement -> true);
  }

  long nextDeadline() {
    return tickets.isEmpty() ? Long.MAX_VALUE : tickets.values().iterator().next().deadline();
  }

  int size() {
    return tickets.size();
  }
}

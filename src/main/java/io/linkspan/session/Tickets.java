package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Who waits on this shard for the ending of a delivery whose session has moved away. The shard that
 * has the session now names the ticket when it tells the ending. Used only on the shard's event
 * loop; times are arguments.
 */
final class Tickets {

  private record Ticket(Settlement settlement, long deadline) {}

  private final long patience;
  private final Map<Long, Ticket> tickets = new LinkedHashMap<>();
  private long last;

  /**
   * @param patience milliseconds after which no ending is to be expected any more
   */
  Tickets(long patience) {
    this.patience = patience;
  }

  /** A number for whoever waits. */
  long issue(Settlement settlement, long now) {
    tickets.put(++last, new Ticket(settlement, now + patience));
    return last;
  }

  /** Whoever waits with this number; null when nobody does. Nobody does any more afterwards. */
  Settlement redeem(long number) {
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
          .failed(
              new MessageException(
                  ErrorCode.TIMEOUT, "the recipient's session moved and was not heard of again"));
    }
  }

  long nextDeadline() {
    return tickets.isEmpty() ? Long.MAX_VALUE : tickets.values().iterator().next().deadline();
  }

  int size() {
    return tickets.size();
  }
}

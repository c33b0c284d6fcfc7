package io.linkspan.session;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import java.util.HashMap;
import java.util.Map;

/**
 * What one client has been sent and has not acknowledged, in order. Used only on the event loop of
 * its shard; times are arguments.
 */
final class Outbox {

  private final SessionConfig config;
  private final int maxAttempts;
  private final AckTimeouts timeouts;
  private final Connection link;
  private final boolean clientAcknowledges;
  private final SessionMetrics metrics;
  private final Map<String, Delivery> byEventId = new HashMap<>(4);
  private Delivery oldest;
  private Delivery newest;
  private int count;
  private long bytes;

  /**
   * @param timeouts the shard's, which calls {@link #due}
   * @param clientAcknowledges false when writing to the link is enough
   */
  Outbox(
      SessionConfig config,
      int maxAttempts,
      AckTimeouts timeouts,
      Connection link,
      boolean clientAcknowledges,
      SessionMetrics metrics) {
    this.config = config;
    this.maxAttempts = maxAttempts;
    this.timeouts = timeouts;
    this.link = link;
    this.clientAcknowledges = clientAcknowledges;
    this.metrics = metrics;
  }

  /**
   * Sends a Message to the client.
   *
   * @param settlement told how it ends; null when nobody asks
   * @return false when it did not fit, or the link is closing; the settlement is told as well
   */
  boolean offer(Outgoing outgoing, Settlement settlement, long now) {
    // A call is answered by an app that acknowledges nothing, too.
    boolean awaited = clientAcknowledges || outgoing.expectsAnswer();
    if (!awaited || outgoing.isVolatile()) {
      boolean written = link.deliver(outgoing);
      if (settlement != null && written) {
        settlement.delivered(By.TRANSPORT, null);
      } else if (settlement != null) {
        settlement.failed(
            new MessageException(ErrorCode.NO_SUCH_RECIPIENT, "the recipient is leaving"));
      }
      return written;
    }
    var delivery = new Delivery(this, outgoing, settlement);
    if (!fits(delivery.size)) {
      if (settlement != null) {
        settlement.failed(
            new MessageException(
                ErrorCode.QUEUE_FULL,
                "the recipient has " + count + " messages that it did not acknowledge"));
      }
      return false;
    }
    append(delivery);
    send(delivery, now);
    return true;
  }

  /**
   * The client acknowledged; an unknown eventId is ignored. Of several deliveries with the same
   * eventId the oldest is meant.
   *
   * @param reply what came with the acknowledgement, or null
   */
  void acknowledged(String eventId, Message reply) {
    Delivery delivery = byEventId.get(eventId);
    if (delivery == null) {
      return;
    }
    remove(delivery);
    if (delivery.settlement != null) {
      delivery.settlement.delivered(By.CLIENT, reply);
    }
  }

  /** Whether somebody waits for the end of the delivery that an acknowledgement would settle. */
  boolean isAwaited(String eventId) {
    Delivery delivery = byEventId.get(eventId);
    return delivery != null && delivery.settlement != null;
  }

  /** The client did not acknowledge in time: once more, or not at all. */
  void due(Delivery delivery, long now) {
    if (delivery.attempts < maxAttempts) {
      metrics.redelivered.increment();
      send(delivery, now);
      return;
    }
    remove(delivery);
    if (delivery.settlement != null) {
      delivery.settlement.failed(
          new MessageException(
              ErrorCode.TIMEOUT, "the recipient did not acknowledge " + maxAttempts + " times"));
    }
  }

  /** The session ends: everything that is not acknowledged has failed. */
  void end(MessageException reason) {
    while (oldest != null) {
      Delivery delivery = oldest;
      remove(delivery);
      if (delivery.settlement != null) {
        delivery.settlement.failed(reason);
      }
    }
  }

  /** Whether a Message of so many bytes can be offered. */
  boolean hasRoomFor(int size) {
    return !clientAcknowledges || fits(size);
  }

  /** Messages that are not acknowledged. */
  int size() {
    return count;
  }

  private boolean fits(int size) {
    return count < config.maxPending() && bytes + size <= config.maxPendingBytes();
  }

  private void send(Delivery delivery, long now) {
    delivery.attempts++;
    timeouts.add(delivery, now);
    link.deliver(delivery.outgoing);
  }

  private void append(Delivery delivery) {
    count++;
    bytes += delivery.size;
    metrics.pending.increment();
    metrics.pendingBytes.add(delivery.size);
    delivery.previous = newest;
    if (newest == null) {
      oldest = delivery;
    } else {
      newest.next = delivery;
    }
    newest = delivery;
    Delivery head = byEventId.putIfAbsent(delivery.eventId(), delivery);
    while (head != null) {
      if (head.sameId == null) {
        head.sameId = delivery;
        return;
      }
      head = head.sameId;
    }
  }

  private void remove(Delivery delivery) {
    timeouts.remove(delivery);
    count--;
    bytes -= delivery.size;
    metrics.pending.decrement();
    metrics.pendingBytes.add(-delivery.size);
    if (delivery.previous == null) {
      oldest = delivery.next;
    } else {
      delivery.previous.next = delivery.next;
    }
    if (delivery.next == null) {
      newest = delivery.previous;
    } else {
      delivery.next.previous = delivery.previous;
    }
    forgetId(delivery);
  }

  private void forgetId(Delivery delivery) {
    Delivery head = byEventId.get(delivery.eventId());
    if (head == delivery) {
      if (delivery.sameId == null) {
        byEventId.remove(delivery.eventId());
      } else {
        byEventId.put(delivery.eventId(), delivery.sameId);
      }
      return;
    }
    while (head.sameId != delivery) {
      head = head.sameId;
    }
    head.sameId = delivery.sameId;
  }
}

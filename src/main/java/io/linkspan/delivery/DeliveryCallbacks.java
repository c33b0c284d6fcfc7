package io.linkspan.delivery;

import io.linkspan.api.AckMessage;
import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.vertx.core.eventbus.DeliveryOptions;

/** Combines {@link DeliveryCallback}s, and makes one of a bus request. */
public final class DeliveryCallbacks {

  private DeliveryCallbacks() {}

  /** Succeeds when all parts have succeeded; fails with the first failure once all have ended. */
  public static DeliveryCallback all(DeliveryCallback whole, int parts) {
    return new All(whole, parts);
  }

  /** Succeeds with the first part that succeeds; fails with the last failure when none does. */
  public static DeliveryCallback any(DeliveryCallback whole, int parts) {
    return parts == 1 ? whole : new Any(whole, parts);
  }

  /** Calls both callbacks of two senders that asked for the same delivery. */
  public static DeliveryCallback both(DeliveryCallback first, DeliveryCallback second) {
    return new Both(first, second);
  }

  /** Reports a delivery to a callback; null is none. */
  public static void confirm(DeliveryCallback callback, By by, Message reply) {
    if (callback != null) {
      callback.delivered(by, reply);
    }
  }

  /** Reports a failure to a callback; null is none. */
  public static void fail(DeliveryCallback callback, MessageException why) {
    if (callback != null) {
      callback.failed(why);
    }
  }

  /** Replies to a request on the event bus. */
  public static DeliveryCallback replyTo(
      io.vertx.core.eventbus.Message<?> request, String eventId) {
    return new BusReply(request, eventId);
  }

  private static final class All implements DeliveryCallback {
    private final DeliveryCallback whole;
    private int outstanding;
    private MessageException failure;

    All(DeliveryCallback whole, int parts) {
      this.whole = whole;
      outstanding = parts;
    }

    @Override
    public void delivered(By by, Message reply) {
      endOne();
    }

    @Override
    public void failed(MessageException failure) {
      if (this.failure == null) {
        this.failure = failure;
      }
      endOne();
    }

    /** Another shard has the members. */
    @Override
    public void notHere(String text) {
      failed(new MessageException(ErrorCode.UNAVAILABLE, text));
    }

    private void endOne() {
      if (--outstanding > 0) {
        return;
      }
      if (failure == null) {
        whole.delivered(By.TRANSPORT, null);
      } else {
        whole.failed(failure);
      }
    }
  }

  private static final class Any implements DeliveryCallback {
    private final DeliveryCallback whole;
    private int outstanding;
    private boolean ended;

    Any(DeliveryCallback whole, int parts) {
      this.whole = whole;
      outstanding = parts;
    }

    @Override
    public void delivered(By by, Message reply) {
      outstanding--;
      if (!ended) {
        ended = true;
        whole.delivered(by, reply);
      }
    }

    @Override
    public void failed(MessageException failure) {
      outstanding--;
      if (!ended && outstanding == 0) {
        ended = true;
        whole.failed(failure);
      }
    }
  }

  private record Both(DeliveryCallback first, DeliveryCallback second) implements DeliveryCallback {

    @Override
    public void delivered(By by, Message reply) {
      first.delivered(by, reply);
      second.delivered(by, reply);
    }

    @Override
    public void failed(MessageException failure) {
      first.failed(failure);
      second.failed(failure);
    }
  }

  private record BusReply(io.vertx.core.eventbus.Message<?> request, String eventId)
      implements DeliveryCallback {

    private static final DeliveryOptions BY_CLIENT =
        new DeliveryOptions().addHeader(Addresses.BY, By.CLIENT.label());
    private static final DeliveryOptions BY_TRANSPORT =
        new DeliveryOptions().addHeader(Addresses.BY, By.TRANSPORT.label());

    @Override
    public void delivered(By by, Message reply) {
      request.reply(
          reply == null ? AckMessage.newBuilder().setEventId(eventId).build() : reply,
          by == By.CLIENT ? BY_CLIENT : BY_TRANSPORT);
    }

    @Override
    public void failed(MessageException failure) {
      request.reply(failure.toReply());
    }
  }
}

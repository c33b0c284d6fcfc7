package io.linkspan.api;

import io.linkspan.bus.BusCodecs;
import io.vertx.core.Vertx;

/**
 * Registers the codecs with which an event bus carries {@link Message}, {@link AckMessage} and
 * failures with a retry time. {@link Service} and {@link GatewayClient} register them by
 * themselves; only plain use of the bus needs this.
 */
public final class MessageCodecs {

  private MessageCodecs() {}

  /** Registers the codecs. Does nothing when they are registered already. */
  public static void register(Vertx vertx) {
    BusCodecs.register(vertx, Message.class, "m", Message.parser());
    BusCodecs.register(vertx, AckMessage.class, "a", AckMessage.parser());
    BusCodecs.registerRetryableReply(vertx);
  }
}

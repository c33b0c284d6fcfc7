package io.linkspan.api;

/** Names of the headers of a Message that the gateway reads. */
public final class Headers {

  /**
   * With the value {@code "true"} the Message is worthless when it is late. It is sent once, over
   * ENet unreliably, and not kept until the client acknowledges it.
   */
  public static final String VOLATILE = "volatile";

  /**
   * The channel of a Message of type {@code method} to a client, because {@code to} names the
   * client.
   */
  public static final String CHANNEL = "channel";

  private Headers() {}
}

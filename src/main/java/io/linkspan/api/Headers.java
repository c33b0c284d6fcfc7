package io.linkspan.api;

/** Headers of a Message that the gateway itself looks at. */
public final class Headers {

  /**
   * {@code "true"}: the Message is worth nothing when it comes late. It is sent once, over ENet
   * unreliably, and not held until the client acknowledges it.
   */
  public static final String VOLATILE = "volatile";

  /**
   * Names the channel of a Message of type {@code method} to a client, since {@code to} names the
   * client.
   */
  public static final String CHANNEL = "channel";

  private Headers() {}
}

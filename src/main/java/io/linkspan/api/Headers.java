package io.linkspan.api;

/** Headers of a Message that the gateway itself looks at. */
public final class Headers {

  /**
   * {@code "true"}: the Message is worth nothing when it comes late. It is sent once, over ENet
   * unreliably, and not held until the client acknowledges it.
   */
  public static final String VOLATILE = "volatile";

  /**
   * Of a Message of type {@link MethodChannel#TYPE} that is for a client: the name of the channel,
   * since its {@code to} says who the client is.
   */
  public static final String CHANNEL = "channel";

  private Headers() {}
}

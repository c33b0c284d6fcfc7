package io.linkspan.routing;

import java.time.Duration;

/**
 * Where a Message goes when it matches.
 *
 * @param to matched against the recipient's full address; null matches any
 * @param type matched against the Message's type; null matches any but that of a method call
 * @param destination where matching Messages go
 */
public record Route(Glob to, Glob type, Destination destination) {

  /** Where a Message goes. */
  public sealed interface Destination {}

  /**
   * To a service on the event bus.
   *
   * @param acceptedIsEnough acknowledge once a live consumer has it, without waiting for the reply
   * @param requestTimeout for the reply; null is as long as any service has
   */
  public record Bus(String address, boolean acceptedIsEnough, Duration requestTimeout)
      implements Destination {

    /** To a service that has as long as any. */
    public Bus(String address, boolean acceptedIsEnough) {
      this(address, acceptedIsEnough, null);
    }
  }

  /**
   * To the client or clients that the Message itself names.
   *
   * @param isVolatile marks the Message as worth nothing when it comes late
   */
  public record Clients(boolean isVolatile) implements Destination {}

  boolean matches(Recipient recipient, String messageType) {
    if (recipient.kind() == Recipient.Kind.CHANNEL
        && (type == null || destination instanceof Clients)) {
      // Who may send to "user:*" was not meant to call a method of a channel that is named so.
      return false;
    }
    return (to == null || to.matches(recipient.address()))
        && (type == null || type.matches(messageType));
  }
}

package io.linkspan.routing;

import io.linkspan.api.SlowPolicy;
import java.time.Duration;

/**
 * Names the destination of the Messages that match.
 *
 * @param to matched against the recipient's full address; null matches any
 * @param type matched against the Message's type; null matches any but that of a method call
 * @param destination of matching Messages
 */
public record Route(Glob to, Glob type, Destination destination) {

  /** Destination of a Message. */
  public sealed interface Destination {}

  /**
   * A service on the event bus.
   *
   * @param name in metrics and for operators; of a service on the bus, its address
   * @param acceptedIsEnough acknowledge once a live consumer has it, without waiting for the reply
   * @param requestTimeout for the reply; null is the default of all services
   * @param keepStream time for which the parts of a streamed answer are kept for further sessions
   *     of the user; zero keeps them not
   */
  public record Bus(
      String address,
      String name,
      boolean acceptedIsEnough,
      Duration requestTimeout,
      Duration keepStream)
      implements Destination {

    /** Creates a destination with the default timeout, which keeps no streamed answer. */
    public Bus(String address, boolean acceptedIsEnough) {
      this(address, address, acceptedIsEnough, null, Duration.ZERO);
    }
  }

  /**
   * The client or clients that the Message itself names.
   *
   * @param isVolatile marks the Message as volatile: it is useless when it arrives late
   * @param slow marks the Message with a policy for slow readers; null leaves it as it is
   * @param key header whose value is the key of {@link SlowPolicy#LATEST}; null for none
   * @param keptFor time for which it is kept for a user without a session, unless the Message says
   *     it; zero keeps it not
   * @param history time for which it is kept in the history of a group; zero keeps it not
   */
  public record Clients(
      boolean isVolatile, SlowPolicy slow, String key, Duration keptFor, Duration history)
      implements Destination {

    /** Leaves Messages as they are. */
    public static final Clients PLAIN =
        new Clients(false, null, null, Duration.ZERO, Duration.ZERO);

    /** Marks Messages as volatile. */
    public static final Clients VOLATILE =
        new Clients(true, null, null, Duration.ZERO, Duration.ZERO);
  }

  /** Returns whether the parts of streamed answers are kept. */
  public boolean keepsStreams() {
    return destination instanceof Bus service && !service.keepStream().isZero();
  }

  /** Returns what the route matches, such as {@code service:echo} or {@code user:* type chat}. */
  public String pattern() {
    String recipients = to == null ? "*" : to.text();
    return type == null ? recipients : (recipients + " type " + type.text());
  }

  boolean matches(Recipient recipient, String messageType) {
    if (recipient.kind() == Recipient.Kind.CHANNEL
        && (type == null || destination instanceof Clients)) {
      // A permission to send to "user:*" is not one to call methods of a channel with such a name.
      return false;
    }
    return (to == null || to.matches(recipient.address()))
        && (type == null || type.matches(messageType));
  }
}

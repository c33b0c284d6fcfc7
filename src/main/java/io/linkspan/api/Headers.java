package io.linkspan.api;

import com.google.protobuf.MapField;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Names of the headers of a Message that the gateway reads, and looks at headers that allocate
 * nothing. Every method of {@link Message} for its headers makes several objects when there are no
 * headers, and the gateway looks at each Message many times.
 */
public final class Headers {

  /**
   * With the value {@code "true"} the Message is worthless when it is late. It is sent once, over
   * ENet unreliably, and not kept until the client acknowledges it.
   */
  public static final String VOLATILE = "volatile";

  /** Carries the label of the {@link SlowPolicy}, for a recipient that reads too slowly. */
  public static final String SLOW = "slow";

  /**
   * The key of a Message with {@link SlowPolicy#LATEST}: a newer one with the same sender,
   * recipient, type and key takes its place.
   */
  public static final String SLOW_KEY = "slowKey";

  /**
   * Seconds for which the gateway keeps the Message until the user has acknowledged it, also while
   * the user has no session; at most as long as its configuration says. {@code "0"} for not at all.
   */
  public static final String TTL = "ttl";

  /** With the value {@code "true"}, a client that joins groups watches their presence as well. */
  public static final String PRESENCE = "presence";

  /**
   * Seconds for which the gateway keeps a Message to a group in the group's history; at most as
   * long as its configuration says. Of use to services; for a client's Message its route decides.
   */
  public static final String HISTORY = "history";

  /**
   * Position in the history of a group, as {@code EPOCH:OFFSET}: of what follows the Message that
   * has it.
   */
  public static final String POSITION = "position";

  /** The part of a group's history that a client asks for when it joins. */
  public static final String SINCE = "since";

  /**
   * {@code "true"} in the answer to a client that asked for a part of a group's history when it
   * gets all of that; else {@code "false"}.
   */
  public static final String RECOVERED = "recovered";

  /**
   * The channel of a Message of type {@code method} to a client, because {@code to} names the
   * client.
   */
  public static final String CHANNEL = "channel";

  /** The span of a distributed trace that sent the Message, as W3C Trace Context defines it. */
  public static final String TRACEPARENT = "traceparent";

  /** The additions of vendors to {@link #TRACEPARENT}. */
  public static final String TRACESTATE = "tracestate";

  /** The id of the streamed answer that a Message is a part of. */
  public static final String STREAM = "stream";

  /** The number of a part within its streamed answer, from 0. */
  public static final String STREAM_OFFSET = "stream-offset";

  /**
   * Marks the Message that ends a streamed answer: {@code complete}, {@code cancelled}, or the name
   * of an {@link ErrorCode}.
   */
  public static final String STREAM_END = "stream-end";

  /**
   * With the value {@code "true"}, the writer of a streamed answer does not know whether the log
   * has the part already. The gateway removes it.
   */
  public static final String STREAM_REPEATED = "stream-repeated";

  /** Numbers of seconds with more digits are as good as the largest one. */
  private static final int SECONDS_DIGITS = 9;

  /** The field of a Message that is null when it has no headers; protobuf has no accessor. */
  private static final VarHandle MAP = map();

  private Headers() {}

  private static VarHandle map() {
    try {
      return MethodHandles.privateLookupIn(Message.class, MethodHandles.lookup())
          .findVarHandle(Message.class, "headers_", MapField.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /**
   * Returns the value of a header that is a number of seconds.
   *
   * @return 0 without the header and for any other value
   */
  public static long seconds(Message message, String name) {
    String text = get(message, name);
    if (text == null || text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return 0;
    }
    return text.length() > SECONDS_DIGITS ? Integer.MAX_VALUE : Long.parseLong(text);
  }

  /** Returns a Message without a header. */
  public static Message without(Message message, String name) {
    return get(message, name) == null ? message : message.toBuilder().removeHeaders(name).build();
  }

  /** Returns the number of headers, as {@link Message#getHeadersCount} does. */
  public static int count(Message message) {
    return (MapField<?, ?>) MAP.get(message) == null ? 0 : message.getHeadersCount();
  }

  /** Returns the value of a header, or null. */
  public static String get(Message message, String name) {
    return (MapField<?, ?>) MAP.get(message) == null
        ? null
        : message.getHeadersOrDefault(name, null);
  }
}

package io.linkspan.connection;

import io.linkspan.time.DeadlineTimer;

/**
 * One live link to a client. Used only on the event loop of the shard that owns it.
 *
 * <p>Whoever implements it tells its session when the link has ended, exactly once.
 */
public interface Connection {

  /** Such as {@code websocket}; the label of metrics and events. */
  String transport();

  /** Network address of the client, {@code host:port}. */
  String remote();

  /** When anything last came from the client, on the clock of {@link DeadlineTimer#now}. */
  long lastReceived();

  /**
   * The number that the client gave when it connected, or after the end when it left; null on
   * transports that have none. Events of the session carry it.
   */
  default Long data() {
    return null;
  }

  /** The longest Message, in bytes of protobuf, that the client can be sent. */
  default int longestMessage() {
    return Integer.MAX_VALUE;
  }

  /**
   * Writes a Message to the client.
   *
   * @return false when the connection is closing, or closes because of it
   */
  boolean deliver(Outgoing message);

  /**
   * Closes the link and tells the client why; does nothing once the connection is closing.
   *
   * @param retryAfterMs when coming back makes sense, for reasons that say "later"; else 0
   */
  void close(CloseReason reason, long retryAfterMs);

  /** {@link #close(CloseReason, long)} without a word on when to come back. */
  default void close(CloseReason reason) {
    close(reason, 0);
  }
}

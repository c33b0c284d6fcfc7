package io.linkspan.connection;

import io.linkspan.time.DeadlineTimer;

/**
 * One live link to a client. Used only on the event loop of the shard that owns it.
 *
 * <p>An implementation notifies its session of the end of the link exactly once.
 */
public interface Connection {

  /** Returns the label of metrics and events, such as {@code websocket}. */
  String transport();

  /** Returns the network address of the client, {@code host:port}. */
  String remote();

  /**
   * Returns when anything last arrived from the client, on the clock of {@link DeadlineTimer#now}.
   */
  long lastReceived();

  /**
   * Returns the number that the client gave when it connected, or after the end when it left; null
   * on transports that have none. Events of the session carry it.
   */
  default Long data() {
    return null;
  }

  /**
   * Returns whether the client receives Messages as JSON. Such clients ignore types that they do
   * not know.
   */
  default boolean readsJson() {
    return false;
  }

  /** Returns the bytes of protobuf of the longest Message that can be sent to the client. */
  default int longestMessage() {
    return Integer.MAX_VALUE;
  }

  /** Returns what the link holds for its client. */
  default Backlog backlog() {
    return Backlog.NONE;
  }

  /**
   * Writes a Message to the client.
   *
   * @return false when the connection is closing, or closes because of it
   */
  boolean deliver(Outgoing message);

  /**
   * Closes the link and sends the client the reason; does nothing once the connection is closing.
   *
   * @param retryAfterMs when the client may reconnect, for reasons that allow it later; else 0
   */
  void close(CloseReason reason, long retryAfterMs);

  /** Closes the link as {@link #close(CloseReason, long)} without a time for a reconnect. */
  default void close(CloseReason reason) {
    close(reason, 0);
  }
}

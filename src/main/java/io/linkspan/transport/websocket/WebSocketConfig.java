package io.linkspan.transport.websocket;

import io.linkspan.config.ConfigNode;
import io.linkspan.connection.HeartbeatConfig;

/**
 * The plain WebSocket transport.
 *
 * @param path of the endpoint
 * @param maxMessageSize bytes of one message, in one frame or in fragments
 * @param compression whether permessage-deflate is negotiated when a client offers it
 * @param clientAcknowledges the default of {@code ?ack=}: whether clients acknowledge Messages
 */
public record WebSocketConfig(
    String path,
    HeartbeatConfig heartbeat,
    int maxMessageSize,
    boolean compression,
    boolean clientAcknowledges) {
  /** A client that negotiates this subprotocol sends and receives JSON in text frames. */
  public static final String JSON_SUBPROTOCOL = "linkspan.json";

  /** The binary form, for clients that must offer a subprotocol beside the one with a token. */
  static final String BINARY_SUBPROTOCOL = "linkspan";

  private static final int MIN_MESSAGE = 128;
  private static final int MAX_MESSAGE = 1 << 30;

  /** Reads the section {@code websocket}. */
  public static WebSocketConfig read(ConfigNode websocket) {
    String path = websocket.text("path");
    if (!path.matches("/[^?#\\s]+")) {
      websocket.reject("path", "a path that begins with / and is not /");
    }
    return new WebSocketConfig(
        path,
        HeartbeatConfig.read(websocket.section("heartbeat")),
        websocket.size("maxMessageSize", MIN_MESSAGE, MAX_MESSAGE),
        websocket.flag("compression"),
        websocket.either("acknowledge", "client", "transport"));
  }
}

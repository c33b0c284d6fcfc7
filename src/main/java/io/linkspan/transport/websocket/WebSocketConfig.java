package io.linkspan.transport.websocket;

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
}

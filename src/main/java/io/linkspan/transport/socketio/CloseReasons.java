package io.linkspan.transport.socketio;

import io.linkspan.connection.CloseReason;
import io.linkspan.protocol.engineio.EngineCloseReason;

/** Translates close reasons between linkspan and Engine.IO. */
final class CloseReasons {

  private CloseReasons() {}

  static EngineCloseReason toEngine(CloseReason reason) {
    return switch (reason) {
      case GOING_AWAY, RECONNECT -> EngineCloseReason.SERVER_SHUTTING_DOWN;
      case SLOW_CONSUMER -> EngineCloseReason.SLOW_CONSUMER;
      case MALFORMED -> EngineCloseReason.FORCED_CLOSE;
      default -> EngineCloseReason.FORCED_SERVER_CLOSE;
    };
  }

  /**
   * Translates the reason of an end that the protocol core has detected.
   *
   * @param alone whether the client was in no namespace
   */
  static CloseReason ofEngine(EngineCloseReason reason, boolean alone) {
    return switch (reason) {
      // A client that has left every namespace disconnects in order.
      case TRANSPORT_CLOSE -> alone ? CloseReason.NORMAL : CloseReason.CONNECTION_LOST;
      case TRANSPORT_ERROR -> CloseReason.CONNECTION_LOST;
      case PROTOCOL_ERROR -> CloseReason.PROTOCOL_ERROR;
      case INVALID_PAYLOAD -> CloseReason.INVALID_PAYLOAD;
      case TOO_LARGE -> CloseReason.TOO_LARGE;
      case SLOW_CONSUMER -> CloseReason.SLOW_CONSUMER;
      case PING_TIMEOUT -> CloseReason.HEARTBEAT_TIMEOUT;
      case PARSE_ERROR, FORCED_CLOSE -> CloseReason.MALFORMED;
      // A client that is in no namespace has not identified itself.
      case FORCED_SERVER_CLOSE -> alone ? CloseReason.UNAUTHENTICATED : CloseReason.MALFORMED;
      case SERVER_SHUTTING_DOWN -> CloseReason.GOING_AWAY;
    };
  }

  /** Whether a disconnect packet must keep the client from reconnecting. */
  static boolean mustNotReconnect(CloseReason reason) {
    return reason.mayReturn() == CloseReason.MayReturn.NEVER;
  }
}

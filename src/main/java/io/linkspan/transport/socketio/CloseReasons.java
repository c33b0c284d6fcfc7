package io.linkspan.transport.socketio;

import io.linkspan.connection.CloseReason;
import io.linkspan.protocol.engineio.EngineCloseReason;

/** Why a connection ends, in the words of linkspan and in those of Engine.IO. */
final class CloseReasons {

  private CloseReasons() {}

  static EngineCloseReason toEngine(CloseReason reason) {
    return switch (reason) {
      case GOING_AWAY -> EngineCloseReason.SERVER_SHUTTING_DOWN;
      case SLOW_CONSUMER -> EngineCloseReason.SLOW_CONSUMER;
      case MALFORMED -> EngineCloseReason.FORCED_CLOSE;
      default -> EngineCloseReason.FORCED_SERVER_CLOSE;
    };
  }

  /**
   * The same of an end that the core has seen.
   *
   * @param alone whether the client was in no namespace
   */
  static CloseReason ofEngine(EngineCloseReason reason, boolean alone) {
    return switch (reason) {
      // Who has left every namespace has said goodbye.
      case TRANSPORT_CLOSE -> alone ? CloseReason.NORMAL : CloseReason.CONNECTION_LOST;
      case TRANSPORT_ERROR -> CloseReason.CONNECTION_LOST;
      case TOO_LARGE -> CloseReason.TOO_LARGE;
      case SLOW_CONSUMER -> CloseReason.SLOW_CONSUMER;
      case PING_TIMEOUT -> CloseReason.HEARTBEAT_TIMEOUT;
      case PARSE_ERROR, FORCED_CLOSE -> CloseReason.MALFORMED;
      // Who is in no namespace has never said who it is.
      case FORCED_SERVER_CLOSE -> alone ? CloseReason.UNAUTHENTICATED : CloseReason.MALFORMED;
      case SERVER_SHUTTING_DOWN -> CloseReason.GOING_AWAY;
    };
  }

  /** Clients never come back by themselves after a disconnect packet, and else always. */
  static boolean mustNotReturn(CloseReason reason) {
    return reason.mayReturn() == CloseReason.MayReturn.NEVER;
  }
}

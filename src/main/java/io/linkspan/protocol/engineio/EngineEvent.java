package io.linkspan.protocol.engineio;

/** Event of a session. A {@link EnginePacket} is a message from the client. */
public sealed interface EngineEvent permits EnginePacket, EngineEvent.Upgraded, EngineEvent.Closed {

  /** The session moved from polling to its WebSocket. */
  record Upgraded() implements EngineEvent {}

  /**
   * The session ended; always its last event, and once. Last packets may still be pending: {@link
   * EngineSession#finished()} says when the id can be forgotten.
   *
   * @param detail what was wrong, without any payload; empty when the reason says it all
   */
  record Closed(EngineCloseReason reason, String detail) implements EngineEvent {}
}

package io.linkspan.protocol.engineio;

import io.vertx.core.buffer.Buffer;

/**
 * Something for the shell to write. Names its target by the handle the shell gave: {@code X} is an
 * HTTP exchange, {@code W} a WebSocket.
 */
public sealed interface EngineWrite<X, W> {

  /**
   * Answer an exchange, once. Every answer also carries {@code Cache-Control: no-store}.
   *
   * @param contentType null when the body is empty
   * @param unread the request's body was not read to its end: close its connection afterwards
   */
  record Respond<X, W>(X exchange, int status, String contentType, Buffer body, boolean unread)
      implements EngineWrite<X, W> {}

  /** Cut the connection of an exchange without an answer. */
  record Abandon<X, W>(X exchange) implements EngineWrite<X, W> {}

  /** Send one text message. */
  record SendText<X, W>(W socket, String text) implements EngineWrite<X, W> {}

  /** Send one binary message. */
  record SendBinary<X, W>(W socket, Buffer data) implements EngineWrite<X, W> {}

  /** Close a WebSocket after what was sent; {@link EngineCloseReason#NO_CODE}: without a code. */
  record CloseSocket<X, W>(W socket, int code) implements EngineWrite<X, W> {}
}

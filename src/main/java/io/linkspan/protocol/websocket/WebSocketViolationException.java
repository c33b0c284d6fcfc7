package io.linkspan.protocol.websocket;

import io.linkspan.protocol.ProtocolException;

/** Thrown for a frame after which the connection must be failed. */
public final class WebSocketViolationException extends ProtocolException {

  private final WebSocketViolation violation;

  WebSocketViolationException(WebSocketViolation violation, String message) {
    super(message);
    this.violation = violation;
  }

  public WebSocketViolation violation() {
    return violation;
  }
}

package io.linkspan.protocol.socketio;

import io.linkspan.protocol.ProtocolException;

/** A packet is well-formed and over a limit. */
final class LimitException extends ProtocolException {

  private static final long serialVersionUID = 1L;

  LimitException(String message) {
    super(message);
  }
}

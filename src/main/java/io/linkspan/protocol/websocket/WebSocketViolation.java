package io.linkspan.protocol.websocket;

/** Lists the breaches of RFC 6455 after which a connection must be failed (section 7.1.7). */
public enum WebSocketViolation {
  /** A frame that the protocol does not allow here, or a close frame with an invalid body. */
  PROTOCOL_ERROR(1002),
  /** Text that is not UTF-8, or compressed data that is damaged. */
  INVALID_PAYLOAD(1007),
  /** A frame or a message over the limit. */
  TOO_LARGE(1009);

  private final int code;

  WebSocketViolation(int code) {
    this.code = code;
  }

  /** The code of the close frame (section 7.4.1). */
  public int code() {
    return code;
  }
}

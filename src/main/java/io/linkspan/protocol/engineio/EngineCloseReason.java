package io.linkspan.protocol.engineio;

/** Why an Engine.IO session ended. */
public enum EngineCloseReason {
  /** The peer closed: a Close frame, the end of its socket, a close packet. */
  TRANSPORT_CLOSE("transport close"),
  /** An aborted or overlapping request, a heartbeat in the wrong direction, a bad content type. */
  TRANSPORT_ERROR("transport error"),
  /** A WebSocket frame that RFC 6455 does not allow. */
  PROTOCOL_ERROR("transport error", 1002),
  /** WebSocket text that is not UTF-8, or damaged compressed data. */
  INVALID_PAYLOAD("transport error", 1007),
  /** A body or a message beyond the announced limit. */
  TOO_LARGE("transport error", 1009),
  /** More data waits for the client than the limit allows. */
  SLOW_CONSUMER("transport error"),
  /** An undecodable packet or payload. */
  PARSE_ERROR("parse error"),
  PING_TIMEOUT("ping timeout"),
  /** Closed by the layer above, which could not decode a packet. */
  FORCED_CLOSE("forced close"),
  /** Closed by the layer above, because its rules were broken or it disconnects the client. */
  FORCED_SERVER_CLOSE("forced server close"),
  SERVER_SHUTTING_DOWN("server shutting down", 1001);

  /** Stands for a Close frame without a code (RFC 6455, section 7.4.1). */
  public static final int NO_CODE = 1005;

  private final String text;
  private final int webSocketCode;

  EngineCloseReason(String text) {
    this(text, NO_CODE);
  }

  EngineCloseReason(String text, int webSocketCode) {
    this.text = text;
    this.webSocketCode = webSocketCode;
  }

  /** The protocol's name of this reason. */
  public String text() {
    return text;
  }

  /** Whether a close must not wait long: the client is silent, or the node is being drained. */
  boolean isUrgent() {
    return this == SERVER_SHUTTING_DOWN || this == PING_TIMEOUT;
  }

  /** The code of the Close frame, or {@link #NO_CODE} for a frame without one. */
  public int webSocketCode() {
    return webSocketCode;
  }
}

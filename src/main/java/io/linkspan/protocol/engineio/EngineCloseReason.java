package io.linkspan.protocol.engineio;

/** Why an Engine.IO session ended, with the words the protocol has for it. */
public enum EngineCloseReason {
  /** The peer closed: a Close frame, the end of its socket, a close packet. */
  TRANSPORT_CLOSE("transport close"),
  /** An aborted or overlapping request, a heartbeat in the wrong direction, a bad content type. */
  TRANSPORT_ERROR("transport error"),
  /** A body or a message beyond the announced limit. */
  TOO_LARGE("transport error", 1009),
  /** More waits for the client than it is allowed to let pile up. */
  SLOW_CONSUMER("transport error"),
  /** An undecodable packet or payload. */
  PARSE_ERROR("parse error"),
  PING_TIMEOUT("ping timeout"),
  /** Closed by the layer above, which could not make sense of what it got. */
  FORCED_CLOSE("forced close"),
  /** Closed by the layer above: its rules were broken, or it wants the client gone. */
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

  /** The code of the Close frame, or {@link #NO_CODE} for a frame without one. */
  public int webSocketCode() {
    return webSocketCode;
  }
}

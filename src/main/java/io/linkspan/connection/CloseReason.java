package io.linkspan.connection;

import java.util.Locale;

/**
 * Lists every way in which a connection ends. The number is the WebSocket close code and ENet's
 * disconnect data; the label is what events and metrics call it.
 *
 * <p>A client decides by the range of a number that it does not know: after 4000 to 4499 it
 * reconnects with back-off, after 4500 to 4599 with another token, after 4600 to 4999 never. The
 * numbers up to 4429 are older than this rule. Every new one follows it.
 */
public enum CloseReason {
  /** The client disconnected in order. */
  NORMAL(1000, MayReturn.AS_IT_LIKES),
  /** The link broke, or the client closed it without a reason. */
  CONNECTION_LOST(1006, MayReturn.AT_ONCE),
  /** This node is being drained. */
  GOING_AWAY(1001, MayReturn.AT_ONCE),
  /** A WebSocket frame that RFC 6455 does not allow. */
  PROTOCOL_ERROR(1002, MayReturn.NEVER),
  /** WebSocket text that is not UTF-8, or damaged compressed data. */
  INVALID_PAYLOAD(1007, MayReturn.NEVER),
  /** A frame or message over the configured size. */
  TOO_LARGE(1009, MayReturn.NEVER),
  /** A failure of the gateway. */
  SERVER_ERROR(1011, MayReturn.LATER),
  /** The client is asked to reconnect, to another node or as its connection is old. */
  RECONNECT(4100, MayReturn.LATER),
  /** Too many frames could not be understood, or the framing of TCP was lost. */
  MALFORMED(4400, MayReturn.NEVER),
  /** No identity, or one that could not be verified. */
  UNAUTHENTICATED(4401, MayReturn.WITH_ANOTHER_TOKEN),
  /** The token of the client was revoked. */
  REVOKED(4401, MayReturn.WITH_ANOTHER_TOKEN),
  /** The client may not connect, whatever its identity. */
  FORBIDDEN(4403, MayReturn.NEVER),
  /** The user or the network of the client was blocked. */
  BLOCKED(4403, MayReturn.NEVER),
  /** The client was silent, or did not read, for longer than the heartbeat allows. */
  HEARTBEAT_TIMEOUT(4408, MayReturn.AT_ONCE),
  /** A newer session of the same user took this one's place. */
  REPLACED(4409, MayReturn.NEVER),
  /** Closed by an operator or a service. */
  KICKED(4410, MayReturn.NEVER),
  /** The client reads more slowly than Messages are sent to it. */
  SLOW_CONSUMER(4413, MayReturn.AT_ONCE),
  /** The client connects or sends faster than allowed. */
  RATE_LIMITED(4429, MayReturn.LATER);

  /** When a client should reconnect. */
  public enum MayReturn {
    AS_IT_LIKES,
    AT_ONCE,
    LATER,
    WITH_ANOTHER_TOKEN,
    NEVER
  }

  private final int code;
  private final MayReturn mayReturn;
  private final String label = name().toLowerCase(Locale.ROOT).replace('_', '-');

  CloseReason(int code, MayReturn mayReturn) {
    this.code = code;
    this.mayReturn = mayReturn;
  }

  /**
   * On the wire of every transport that carries a number. {@link #CONNECTION_LOST} is never sent.
   */
  public int code() {
    return code;
  }

  public MayReturn mayReturn() {
    return mayReturn;
  }

  /** Returns whether a session that can be resumed waits for its client afterwards. */
  public boolean keepsSession() {
    return switch (mayReturn) {
      case AT_ONCE, LATER -> true;
      case WITH_ANOTHER_TOKEN -> this != REVOKED;
      case AS_IT_LIKES, NEVER -> false;
    };
  }

  /** Returns whether the gateway ended the connection for a reason that is not the client's. */
  public boolean isByGateway() {
    return this == GOING_AWAY || this == RECONNECT || this == SERVER_ERROR;
  }

  /** Returns whether the client has broken the rules of its protocol. */
  public boolean isBrokenProtocol() {
    return switch (this) {
      case PROTOCOL_ERROR, INVALID_PAYLOAD, TOO_LARGE, MALFORMED -> true;
      default -> false;
    };
  }

  /** Such as {@code heartbeat-timeout}. */
  public String label() {
    return label;
  }
}

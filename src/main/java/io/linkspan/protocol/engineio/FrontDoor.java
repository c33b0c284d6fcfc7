package io.linkspan.protocol.engineio;

import io.vertx.core.buffer.Buffer;

/**
 * Decides what a request may do, in the order of the checks that clients and test suites know.
 * Holds no sessions: the caller looks the {@code sid} up first, and answers {@code OPTIONS} itself.
 */
public record FrontDoor(EngineConfig config) {

  /** Next step of an admitted request. */
  public enum Action {
    /** Create a session with {@link EngineSession#overPolling}. */
    OPEN_POLLING,
    /** Accept the WebSocket, then create a session with {@link EngineSession#overWebSocket}. */
    OPEN_WEBSOCKET,
    /** {@link EngineSession#pollArrived}. */
    POLL,
    /** {@link EngineSession#postStarted} and its followers. */
    POST,
    /** Accept the WebSocket, then {@link EngineSession#webSocketOpened}. */
    UPGRADE
  }

  /** Outcome of the checks. */
  public sealed interface Decision {}

  /** The request may do this. */
  public record Admitted(Action action) implements Decision {}

  /**
   * The request is refused with this response, and a WebSocket is not accepted.
   *
   * @param contentType null when the body is empty
   * @param allow value of the {@code Allow} header, or null
   */
  public record Refused(int status, String contentType, Buffer body, String allow)
      implements Decision {

    static Refused with(EngineError error) {
      return new Refused(error.status(), EngineError.CONTENT_TYPE, error.body(), null);
    }
  }

  private static final Refused WRONG_METHOD =
      new Refused(405, null, Buffer.buffer(), "GET, POST, OPTIONS");

  /**
   * Decides.
   *
   * @param origin the request's {@code Origin} header, or null
   * @param forbidden why the application refuses handshakes and upgrades like this one (an origin
   *     that is not on its list), or null
   * @param session the session of the request's {@code sid}, or null when there is none
   * @param now milliseconds; a session whose heartbeat ends now is unknown, to the millisecond
   */
  public Decision decide(
      EngineRequest request,
      String origin,
      String forbidden,
      EngineSession<?, ?> session,
      long now) {
    boolean handshake = request.sid() == null;
    boolean webSocket = wantsWebSocket(request, handshake);
    if (!webSocket && !isPolling(request)) {
      return Refused.with(EngineError.TRANSPORT_UNKNOWN);
    }
    if (origin != null && hasIllegalCharacter(origin)) {
      return Refused.with(EngineError.BAD_REQUEST);
    }
    return handshake
        ? decideHandshake(request, webSocket, forbidden)
        : decideKnown(request, webSocket, forbidden, session, now);
  }

  private static boolean isPolling(EngineRequest request) {
    return EngineRequest.POLLING.equals(request.transport());
  }

  private static boolean wantsWebSocket(EngineRequest request, boolean handshake) {
    // Some Dart clients have only WebSockets, and send transport=polling all the same.
    boolean lenient =
        handshake && request.upgrade() && EngineRequest.POLLING.equals(request.transport());
    return lenient || EngineRequest.WEBSOCKET.equals(request.transport());
  }

  private Decision decideHandshake(EngineRequest request, boolean webSocket, String forbidden) {
    if (!request.method().equals("GET")) {
      return Refused.with(EngineError.BAD_HANDSHAKE_METHOD);
    }
    if (webSocket != request.upgrade()) {
      return Refused.with(EngineError.BAD_REQUEST);
    }
    if (forbidden != null) {
      return forbidden(forbidden);
    }
    Generation generation = request.generation();
    if (generation == null || !config.generations().contains(generation)) {
      return Refused.with(EngineError.UNSUPPORTED_VERSION);
    }
    if (request.jsonp() != null && !mayUseJsonp(generation)) {
      return Refused.with(EngineError.BAD_REQUEST);
    }
    return new Admitted(webSocket ? Action.OPEN_WEBSOCKET : Action.OPEN_POLLING);
  }

  private Decision decideKnown(
      EngineRequest request,
      boolean webSocket,
      String forbidden,
      EngineSession<?, ?> session,
      long now) {
    if (session == null || !session.isKnown(request.method(), now)) {
      return Refused.with(EngineError.SESSION_UNKNOWN);
    }
    // A client need not repeat its revision, but must not change it.
    if (request.eio() != null && request.generation() != session.generation()) {
      return Refused.with(EngineError.BAD_REQUEST);
    }
    if (request.upgrade()) {
      // A session that takes no WebSocket now declines it once it is open (socketio.md §7).
      if (!webSocket || !request.method().equals("GET")) {
        return Refused.with(EngineError.BAD_REQUEST);
      }
      return forbidden == null ? new Admitted(Action.UPGRADE) : forbidden(forbidden);
    }
    if (webSocket || session.isOverWebSocket()) {
      return Refused.with(EngineError.BAD_REQUEST);
    }
    if (request.jsonp() != null && !mayUseJsonp(session.generation())) {
      return Refused.with(EngineError.BAD_REQUEST);
    }
    return switch (request.method()) {
      case "GET" -> new Admitted(Action.POLL);
      case "POST" -> new Admitted(Action.POST);
      default -> WRONG_METHOD;
    };
  }

  private boolean mayUseJsonp(Generation generation) {
    return config.jsonp() && generation == Generation.V3;
  }

  private static Refused forbidden(String message) {
    EngineError error = EngineError.FORBIDDEN;
    return new Refused(error.status(), EngineError.CONTENT_TYPE, error.body(message), null);
  }

  /** Returns whether a header's value has characters that HTTP does not allow. */
  private static boolean hasIllegalCharacter(String header) {
    for (int i = 0; i < header.length(); i++) {
      char c = header.charAt(i);
      boolean legal = c == '\t' || (c >= 0x20 && c <= 0x7e) || (c >= 0x80 && c <= 0xff);
      if (!legal) {
        return true;
      }
    }
    return false;
  }
}

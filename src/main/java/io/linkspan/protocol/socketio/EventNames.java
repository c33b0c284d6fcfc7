package io.linkspan.protocol.socketio;

import io.linkspan.protocol.engineio.Generation;
import java.util.Set;

/** Which names an event must not have. */
public final class EventNames {
  private static final Set<String> RESERVED =
      Set.of(
          "connect",
          "connect_error",
          "disconnect",
          "disconnecting",
          "newListener",
          "removeListener");
  private static final Set<String> OLD_CLIENTS_OWN =
      Set.of(
          "error",
          "connect_timeout",
          "connecting",
          "reconnect",
          "reconnect_attempt",
          "reconnect_error",
          "reconnect_failed",
          "reconnecting",
          "ping",
          "pong");

  private EventNames() {}

  /** Whether neither side may send this name. */
  public static boolean isReserved(String name) {
    return RESERVED.contains(name);
  }

  /** Whether a client can be sent this name: old ones use some for events of their own. */
  public static boolean mayEmit(String name, Generation generation) {
    return !isReserved(name) && !(generation == Generation.V3 && OLD_CLIENTS_OWN.contains(name));
  }
}

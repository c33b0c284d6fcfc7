package io.linkspan.protocol.engineio;

/**
 * The protocol revision a client speaks, fixed by {@code EIO} at its handshake. Socket.IO clients
 * up to 2.x speak {@link #V3}, later ones {@link #V4}.
 */
public enum Generation {
  /** Engine.IO 3 below Socket.IO 4: the client sends the pings. */
  V3,
  /** Engine.IO 4 below Socket.IO 5: the server sends the pings. */
  V4;

  /**
   * Returns the revision that {@code EIO} names, or null for an unknown one. The oldest clients
   * send {@code 1}, {@code 2}, or nothing.
   */
  static Generation named(String eio) {
    if (eio == null) {
      return V3;
    }
    return switch (eio) {
      case "1", "2", "3" -> V3;
      case "4" -> V4;
      default -> null;
    };
  }
}

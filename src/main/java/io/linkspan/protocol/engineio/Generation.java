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

  /** The revision {@code EIO} names, or null: anything but {@code 3} and {@code 4} is unknown. */
  static Generation named(String eio) {
    if ("4".equals(eio)) {
      return V4;
    }
    return "3".equals(eio) ? V3 : null;
  }
}

package io.linkspan.protocol.enet;

/** Reasons for the end of a connection (§12). */
public enum EndReason {
  /** The other side has disconnected; the event carries its data. */
  REMOTE,
  /** We have disconnected, and the other side acknowledged it or became silent meanwhile. */
  LOCAL,
  /** The other side acknowledged nothing for too long (§9). */
  TIMEOUT,
  /** A peer at this address has opened a new connection from the same slot (§6.4). */
  REPLACED,
  /** The answer to our CONNECT contradicts it (§6.3). */
  BAD_ANSWER,
  /** Its incomplete messages took room that others need (§18). */
  NO_ROOM,
  /** Too many commands that no ENet library sends (§17). */
  VIOLATION
}

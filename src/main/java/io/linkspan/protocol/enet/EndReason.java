package io.linkspan.protocol.enet;

/** Why a connection is over. */
public enum EndReason {
  /** The other side disconnected; the event carries its data. */
  REMOTE,
  /** We disconnected, and the other side acknowledged it or fell silent meanwhile. */
  LOCAL,
  /** The other side acknowledged nothing for the time that §9 computes. */
  TIMEOUT,
  /** The same address opened a new connection from the same slot (§6.4). */
  REPLACED,
  /** The answer to our CONNECT did not fit the question (§6.3). */
  BAD_ANSWER,
  /** Too many commands that no ENet library sends (§17). */
  VIOLATION
}

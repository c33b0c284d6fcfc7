package io.linkspan.protocol.enet;

/** How a message travels, or has travelled (§1, §7.1). */
public enum Delivery {
  /** Once, in order within its channel, repeated until acknowledged. */
  RELIABLE,
  /** At most once, never after a later one of its channel; too long for one datagram: reliable. */
  UNRELIABLE,
  /** At most once, in any order; too long for one datagram: reliable. */
  UNSEQUENCED,
  /** As {@link #UNRELIABLE}, also when it takes several datagrams and the loss of one loses all. */
  UNRELIABLE_FRAGMENTS
}

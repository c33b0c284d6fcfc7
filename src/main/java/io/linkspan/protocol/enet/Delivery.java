package io.linkspan.protocol.enet;

/** How a message is sent, or was received (§1, §7.1). */
public enum Delivery {
  /** Delivered once, in order within its channel; repeated until acknowledged. */
  RELIABLE,
  /** Delivered at most once, never after a later one of its channel; reliable when fragmented. */
  UNRELIABLE,
  /** Delivered at most once, in any order; reliable when fragmented. */
  UNSEQUENCED,
  /** As {@link #UNRELIABLE}, also when fragmented: the loss of one fragment loses the message. */
  UNRELIABLE_FRAGMENTS
}

package io.linkspan.protocol.enet;

/** Counts the bytes that a host holds of received messages, for all its peers together (§18). */
final class ReceiveBudget {
  private final long limit;
  private long used;

  ReceiveBudget(long limit) {
    this.limit = limit;
  }

  boolean isExhausted() {
    return used >= limit;
  }

  /** Charges bytes, or gives them back when negative. */
  void charge(long bytes) {
    used += bytes;
  }

  long used() {
    return used;
  }
}

package io.linkspan.status;

import java.util.Locale;

/** Judges how many clients connect at once. Pure. */
enum Storm {
  /** Few clients connect. */
  QUIET,
  /** Many clients connect, and nearly all are admitted. */
  BUSY,
  /** Many clients connect, and a good part of them is refused or waits. */
  STORM;

  /** Attempts per second below which nothing is remarkable. */
  private static final double FEW = 10;

  /** Part of the attempts that is refused in a storm. */
  private static final double REFUSED = 0.1;

  /** Part of the places for clients that have not joined, which are taken in a storm. */
  private static final double TAKEN = 0.8;

  /**
   * Judges one node.
   *
   * @param connects clients that joined in a second
   * @param refused clients that were refused in a second
   * @param pending clients that have not joined yet
   * @param maxPending how many of them the node admits; 0: any number
   */
  static Storm of(double connects, double refused, double pending, double maxPending) {
    double attempts = connects + refused;
    if (maxPending > 0 && pending >= TAKEN * maxPending) {
      return STORM;
    }
    if (attempts < FEW) {
      return QUIET;
    }
    return refused > REFUSED * attempts ? STORM : BUSY;
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

package io.linkspan.protocol.enet;

/** Decides when an unacknowledged command is sent again and when its peer is lost (§9). */
final class Timeouts {
  private final int pingInterval;
  private final long limit;
  private final long minimum;
  private final long maximum;
  private final int floor;
  private final int ceiling;

  Timeouts(EnetConfig.Timing timing) {
    pingInterval = (int) timing.pingInterval().toMillis();
    limit = timing.timeoutLimit();
    minimum = timing.timeoutMinimum().toMillis();
    maximum = timing.timeoutMaximum().toMillis();
    floor = (int) timing.retransmissionFloor().toMillis();
    ceiling = (int) timing.retransmissionCeiling().toMillis();
  }

  /** Milliseconds without an acknowledgement after which a ping asks for one (§11). */
  int pingInterval() {
    return pingInterval;
  }

  /** Milliseconds after which a silent peer is always lost (§9). */
  long maximum() {
    return maximum;
  }

  /** The wait after the first transmission of a command. */
  int first(RoundTrip roundTrip) {
    return roundTrip.firstTimeout(floor, ceiling);
  }

  /**
   * The wait after another transmission: twice as long, up to the ceiling. The C library has no
   * ceiling, and gives up on a lossy path after six transmissions.
   */
  long next(OutgoingCommand command) {
    return Math.min(2 * command.timeout, Math.max(ceiling, command.firstTimeout));
  }

  /**
   * Whether an unacknowledged command means that the peer is lost: when doubling its wait without a
   * ceiling would have passed the limit, but not before the minimum, or after the maximum.
   *
   * @param silence milliseconds without any acknowledgement
   */
  boolean isLost(OutgoingCommand command, long silence, long now) {
    return silence >= maximum
        || (silence >= minimum
            && now - command.firstSent >= command.firstTimeout * (2 * limit - 1));
  }
}

package io.linkspan.transport.channel;

import io.linkspan.admission.LimitsConfig;
import java.time.Duration;

/**
 * Bounds of one connection, which {@link BackPressure} enforces.
 *
 * @param unread bytes written to the peer that it has not read; above: its connection is dropped;
 *     0: no limit
 * @param stall time without any progress of the output; then the connection is dropped
 * @param piece bytes that are decoded at once: all that they decode to must be held if the peer
 *     stops
 */
public record BackPressureLimits(long unread, Duration stall, int piece) {

  private static final int PIECE = 2 * 1024;

  /** Deflate makes at most 1,032 bytes of one. */
  private static final int COMPRESSED_PIECE = 256;

  /** The largest answer is a poll of Engine.IO, of four times {@code socketio.maxPayload}. */
  private static final long LEAST_UNREAD = 16L * 1024 * 1024;

  /**
   * Derives the bounds. The bytes are a last resort: transports close slow consumers before, in
   * order, and requests wait while answers are unread.
   *
   * @param compressed whether peers may compress what they send
   */
  public static BackPressureLimits of(LimitsConfig limits, boolean compressed) {
    long unread = limits.writeQueue() == 0 ? 0 : Math.max(LEAST_UNREAD, 4 * limits.writeQueue());
    return new BackPressureLimits(unread, limits.stalled(), compressed ? COMPRESSED_PIECE : PIECE);
  }
}

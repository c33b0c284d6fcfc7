package io.linkspan.protocol.enet;

/**
 * Estimates the round trip time to a peer and its variance from acknowledgements (§8.2), and holds
 * the throttle that thins out unreliable messages when the round trip time grows (§13).
 */
final class RoundTrip {
  static final int THROTTLE_SCALE = 32;
  private static final int COUNTER_STEP = 7;
  private static final int INITIAL = 500;
  static final int THROTTLE_INTERVAL = 5000;
  static final int THROTTLE_STEP = 2;

  private int time = INITIAL;
  private int variance;
  private boolean measured;
  private int lastTime = INITIAL;
  private int lastVariance;
  private int lowestTime = INITIAL;
  private int highestVariance;
  private long epoch;
  private boolean epochRunning;

  private int throttle = THROTTLE_SCALE;
  private int limit = THROTTLE_SCALE;
  private int counter;
  int interval = THROTTLE_INTERVAL;
  int acceleration = THROTTLE_STEP;
  int deceleration = THROTTLE_STEP;

  int time() {
    return time;
  }

  int variance() {
    return variance;
  }

  int throttle() {
    return throttle;
  }

  /** Adds the time that one acknowledgement took. */
  void sample(int milliseconds, long now) {
    int sample = Math.max(1, milliseconds);
    if (measured) {
      adjustThrottle(sample);
      int difference = Math.abs(sample - time);
      variance = variance - variance / 4 + difference / 4;
      time = sample >= time ? time + difference / 8 : time - difference / 8;
    } else {
      measured = true;
      time = sample;
      variance = (sample + 1) / 2;
    }
    lowestTime = Math.min(lowestTime, time);
    highestVariance = Math.max(highestVariance, variance);
    if (!epochRunning || now - epoch >= Integer.toUnsignedLong(interval)) {
      lastTime = lowestTime;
      lastVariance = Math.max(highestVariance, 1);
      lowestTime = time;
      highestVariance = variance;
      epoch = now;
      epochRunning = true;
    }
  }

  private void adjustThrottle(int sample) {
    if (lastTime <= lastVariance) {
      throttle = limit;
    } else if (sample <= lastTime) {
      // The peer may have set any 32 bits.
      throttle = (int) Math.min(throttle + Integer.toUnsignedLong(acceleration), limit);
    } else if (sample > lastTime + 2 * lastVariance) {
      throttle = (int) Math.max(throttle - Integer.toUnsignedLong(deceleration), 0);
    }
  }

  void configure(int interval, int acceleration, int deceleration) {
    this.interval = interval;
    this.acceleration = acceleration;
    this.deceleration = deceleration;
  }

  /** Sets the upper end that the bandwidth allows for the throttle (§14). */
  void limitThrottle(int value) {
    limit = value;
    throttle = Math.min(throttle, limit);
  }

  /** Whether the next unreliable message is sent. */
  boolean admitsUnreliable() {
    counter = (counter + COUNTER_STEP) % THROTTLE_SCALE;
    return counter <= throttle;
  }

  /** The wait for the first acknowledgement of a command, in milliseconds (§9). */
  int firstTimeout(int floor, int ceiling) {
    return Math.min(Math.max(time + 4 * variance, floor), ceiling);
  }
}

package io.linkspan.connection;

import io.linkspan.config.ConfigNode;
import java.time.Duration;

/**
 * Limits on how long a connection may be quiet.
 *
 * @param interval time without received data before a probe
 * @param readerIdle time without received data before the connection expires
 * @param writerIdle time in which the peer reads none of the waiting bytes before it expires
 * @param allIdle time without a message in either direction, heartbeats not counted, before it
 *     expires; zero is never
 */
public record HeartbeatConfig(
    Duration interval, Duration readerIdle, Duration writerIdle, Duration allIdle) {
  /** Reads a section {@code heartbeat}. */
  public static HeartbeatConfig read(ConfigNode heartbeat) {
    Duration interval = heartbeat.duration("interval");
    Duration timeout = heartbeat.duration("timeout");
    if (interval.compareTo(timeout) >= 0) {
      heartbeat.reject("interval", "less than " + heartbeat.keyOf("timeout"));
    }
    Duration writerIdle = heartbeat.durationOrZero("writerIdle");
    return new HeartbeatConfig(
        interval,
        timeout,
        writerIdle.isZero() ? timeout : writerIdle,
        heartbeat.durationOrZero("allIdle"));
  }
}

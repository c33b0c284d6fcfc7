package io.linkspan.connection;

import io.linkspan.config.ConfigNode;
import java.time.Duration;

/**
 * How long a connection may be quiet.
 *
 * @param interval nothing received for so long: probe
 * @param readerIdle nothing received for so long: expired
 * @param writerIdle the peer takes none of what waits to be written for so long: expired
 * @param allIdle no message either way for so long, heartbeats not counted: expired; zero is never
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

package io.linkspan.connection;

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
    Duration interval, Duration readerIdle, Duration writerIdle, Duration allIdle) {}

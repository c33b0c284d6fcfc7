package io.linkspan.testing;

import java.time.Duration;

/**
 * A server for the suites of Engine.IO and Socket.IO: an Engine.IO echo at {@code /engine.io/}, and
 * what the suites of Socket.IO expect at {@code /socket.io/}.
 */
interface SuiteServer extends AutoCloseable {

  /**
   * Times that a suite waits for.
   *
   * @param connect in which a client must join a namespace
   */
  record Timing(Duration pingInterval, Duration pingTimeout, Duration connect) {

    /** The times of the official suites. */
    static final Timing OFFICIAL =
        new Timing(Duration.ofMillis(300), Duration.ofMillis(200), Duration.ofMillis(1500));
  }

  int port();

  /** Returns the times that it keeps. */
  Timing timing();

  @Override
  void close();
}

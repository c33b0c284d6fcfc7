package io.linkspan.testing;

import io.linkspan.testing.SuiteServer.Timing;

/**
 * Starts the servers on which the cases of the suites run: the gateway, or Socket.IO's own server
 * if the system property {@code conformance.server} is {@code node}.
 */
final class SuiteServers {

  static final String PROPERTY = "conformance.server";
  static final String NODE = "node";

  private static final String GATEWAY = "gateway";

  private SuiteServers() {}

  /**
   * Starts a server on a free port.
   *
   * @param generations of Engine.IO that it serves, such as {@code 3,4}
   */
  static SuiteServer start(String generations, Timing timing) {
    String server = System.getProperty(PROPERTY, GATEWAY);
    return switch (server) {
      case GATEWAY -> ConformanceServer.start(0, generations, timing);
      case NODE -> NodeSuiteServer.start(generations, timing);
      default -> throw new IllegalArgumentException(PROPERTY + " is " + server);
    };
  }
}

package io.linkspan.testing;

import io.vertx.core.json.JsonObject;
import java.time.Duration;

/** Runs Socket.IO's own server, and the Engine.IO below it, for the suites. */
final class NodeSuiteServer implements SuiteServer {

  /** After a close packet over WebSocket, only its heartbeat ends the connection. */
  private static final Duration MAX_PING_TIMEOUT = Duration.ofSeconds(5);

  private final ChildProcess process;
  private final int port;
  private final Timing timing;

  private NodeSuiteServer(ChildProcess process, int port, Timing timing) {
    this.process = process;
    this.port = port;
    this.timing = timing;
  }

  /** Starts a server with these times, but a ping timeout of at most five seconds. */
  static NodeSuiteServer start(String generations, Timing wanted) {
    Duration pingTimeout =
        wanted.pingTimeout().compareTo(MAX_PING_TIMEOUT) < 0
            ? wanted.pingTimeout()
            : MAX_PING_TIMEOUT;
    var timing = new Timing(wanted.pingInterval(), pingTimeout, wanted.connect());
    try {
      ChildProcess process =
          NodeScript.startIn(
              "node-socketio",
              "suite-server.mjs",
              0,
              generations,
              timing.pingInterval().toMillis(),
              timing.pingTimeout().toMillis(),
              timing.connect().toMillis());
      String ports =
          process.awaitLine("the port", line -> line.startsWith("\"http\":"), Patience.MILLIS);
      int port = new JsonObject("{" + ports + "}").getInteger("http");
      return new NodeSuiteServer(process, port, timing);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public Timing timing() {
    return timing;
  }

  @Override
  public void close() {
    process.close();
  }
}

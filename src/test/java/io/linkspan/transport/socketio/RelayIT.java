package io.linkspan.transport.socketio;

import io.linkspan.testing.NodeScript;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Socket.IO's own clients, whose every request comes to the next node. */
class RelayIT {

  private static SocketIoNodes nodes;

  @BeforeAll
  static void start() {
    nodes = SocketIoNodes.start("limits.inFlight", "1000");
  }

  @AfterAll
  static void stop() {
    nodes.close();
  }

  @EnabledIf("io.linkspan.testing.NodeScript#available")
  @ParameterizedTest(name = "socket.io-client {0}.x")
  @ValueSource(ints = {1, 2, 3, 4})
  void aPollingClientNeedsNoStickySessions(int version) throws Exception {
    NodeScript.runIn("node-socketio", "wandering.mjs", url(0), url(1), version);
  }

  private static String url(int node) {
    return "http://127.0.0.1:" + nodes.port(node);
  }
}

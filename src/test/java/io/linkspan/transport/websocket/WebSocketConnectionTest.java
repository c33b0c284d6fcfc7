package io.linkspan.transport.websocket;

import io.linkspan.connection.CloseReason;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.linkspan.transport.ConnectionContractTest;
import java.util.Map;

/** The WebSocket transport keeps what every transport promises. */
class WebSocketConnectionTest extends ConnectionContractTest {

  @Override
  protected TestClient connect(TestGateway gateway, String user) {
    return WebSocketTestClient.connect(gateway.httpPort(), "user=" + user);
  }

  @Override
  protected TestClient connectUnacknowledging(TestGateway gateway, String user) {
    return WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=" + user);
  }

  @Override
  protected String transport() {
    return "websocket";
  }

  @Override
  protected Map<String, String> fastHeartbeat() {
    return Map.of("websocket.heartbeat.interval", "300ms", "websocket.heartbeat.timeout", "900ms");
  }

  @Override
  protected int closeCode(CloseReason reason) {
    return reason.code();
  }
}

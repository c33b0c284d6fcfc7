package io.linkspan.transport.socketio;

import io.linkspan.connection.CloseReason;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.transport.ConnectionContractTest;
import java.util.Map;

/** The Socket.IO transport keeps what every transport promises. */
class SocketIoConnectionTest extends ConnectionContractTest {

  @Override
  protected TestClient connect(TestGateway gateway, String user) {
    return SocketIoTestClient.connect(gateway.httpPort(), "ack=client&user=" + user);
  }

  @Override
  protected TestClient connectUnacknowledging(TestGateway gateway, String user) {
    return SocketIoTestClient.connect(gateway.httpPort(), "user=" + user);
  }

  @Override
  protected String transport() {
    return "socketio";
  }

  @Override
  protected Map<String, String> fastHeartbeat() {
    return Map.of("socketio.pingInterval", "300ms", "socketio.pingTimeout", "600ms");
  }

  @Override
  protected int closeCode(CloseReason reason) {
    return reason.code();
  }
}

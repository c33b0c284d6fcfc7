package io.linkspan.transport.tcp;

import io.linkspan.connection.CloseReason;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.transport.ConnectionContractTest;
import java.util.Map;

/** Tests the contract of every transport on framed TCP with binary frames. */
class TcpConnectionTest extends ConnectionContractTest {

  /** Wraps a new connection that has sent nothing yet. */
  protected TcpTestClient client(RawTcp socket) {
    return TcpTestClient.ofLengths(socket);
  }

  @Override
  protected TestClient connect(TestGateway gateway, String user) {
    return client(RawTcp.connect(gateway.tcpPort())).authenticate(user, "client");
  }

  @Override
  protected TestClient connectUnacknowledging(TestGateway gateway, String user) {
    return client(RawTcp.connect(gateway.tcpPort())).authenticate(user, "transport");
  }

  @Override
  protected String transport() {
    return "tcp";
  }

  @Override
  protected Map<String, String> settings() {
    return Map.of("tcp.enabled", "true");
  }

  @Override
  protected Map<String, String> fastHeartbeat() {
    return Map.of("tcp.heartbeat.interval", "300ms", "tcp.heartbeat.timeout", "900ms");
  }

  @Override
  protected int closeCode(CloseReason reason) {
    return reason.code();
  }
}

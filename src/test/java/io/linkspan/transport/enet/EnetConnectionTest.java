package io.linkspan.transport.enet;

import io.linkspan.connection.CloseReason;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.transport.ConnectionContractTest;
import java.util.Map;

/** Tests the promises of every transport with ENet. */
class EnetConnectionTest extends ConnectionContractTest {

  @Override
  protected TestClient connect(TestGateway gateway, String user) {
    return EnetTestClient.connect(gateway.enetPort(), user, "client");
  }

  @Override
  protected TestClient connectUnacknowledging(TestGateway gateway, String user) {
    return EnetTestClient.connect(gateway.enetPort(), user, "transport");
  }

  @Override
  protected String transport() {
    return "enet";
  }

  @Override
  protected Map<String, String> fastHeartbeat() {
    return Map.of(
        "enet.pingInterval",
        "100ms",
        "enet.timeout.minimum",
        "400ms",
        "enet.timeout.maximum",
        "1s");
  }

  @Override
  protected int closeCode(CloseReason reason) {
    return reason.code();
  }
}

package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.linkspan.transport.ResumeTest.Transport;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests that each client that asks for a session is counted and measured on every transport. */
class ConnectsAreCountedTest {

  private static double metric(TestGateway gateway, String name, String transport, String labels) {
    return Scrape.metric(
        gateway.managementPort(),
        name + "{" + labels + "transport=\"" + transport.toLowerCase(Locale.ROOT) + "\"}");
  }

  private static double connects(TestGateway gateway, String transport, String outcome) {
    return metric(gateway, "linkspan_connects_total", transport, "outcome=\"" + outcome + "\",");
  }

  private static double transfers(TestGateway gateway, String step) {
    return Scrape.metric(
        gateway.managementPort(), "linkspan_transfers_total{step=\"" + step + "\"}");
  }

  @ParameterizedTest
  @EnumSource
  void newAndResumedSessionsAreMeasuredApart(Transport transport) throws Exception {
    String name = transport.name();
    try (TestGateway gateway = TestGateway.start(Map.of("tcp.enabled", "true"))) {
      TestClient first = transport.connect(gateway, "alice", "");
      String token = new JsonObject(first.receiveMessage().getBody()).getString("session");
      assertThat(connects(gateway, name, "new")).isEqualTo(1);
      assertThat(metric(gateway, "linkspan_connect_seconds_count", name, "")).isEqualTo(1);
      assertThat(metric(gateway, "linkspan_resume_seconds_count", name, "")).isZero();
      ResumeTest.drop(first);
      try (TestClient client = transport.connect(gateway, "alice", token)) {
        assertThat(new JsonObject(client.receiveMessage().getBody()).getBoolean("recovered"))
            .isTrue();
        assertThat(connects(gateway, name, "resumed")).isEqualTo(1);
        assertThat(metric(gateway, "linkspan_resume_seconds_count", name, "")).isEqualTo(1);
        assertThat(transfers(gateway, "arrived")).isEqualTo(1);
        assertThat(transfers(gateway, "departed")).isEqualTo(1);
        assertThat(transfers(gateway, "adopted")).isZero();
        assertThat(metric(gateway, "linkspan_connect_seconds_count", name, "")).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRefusedClientIsCountedByTheReason(TokenTransport transport) {
    Map<String, String> settings = new HashMap<>(TestTokens.settings());
    settings.put("tcp.enabled", "true");
    try (TestGateway gateway = TestGateway.start(settings)) {
      assertThat(transport.refusal(gateway, "nonsense")).isEqualTo(4_401);
      assertThat(connects(gateway, transport.name(), "unauthenticated")).isEqualTo(1);
      assertThat(connects(gateway, transport.name(), "new")).isZero();
      assertThat(metric(gateway, "linkspan_connect_seconds_count", transport.name(), "")).isZero();
    }
  }

  @Test
  void aClientThatConnectsTooOftenIsCounted() {
    try (TestGateway gateway = TestGateway.start(Map.of("limits.connections", "1"));
        RawWebSocket first = RawWebSocket.connect(gateway.httpPort(), "/ws?user=a");
        RawWebSocket second = RawWebSocket.connect(gateway.httpPort(), "/ws?user=b")) {
      assertThat(first.status()).contains("101");
      assertThat(second.status()).contains("429");
      assertThat(connects(gateway, "websocket", "rate-limited")).isEqualTo(1);
    }
  }
}

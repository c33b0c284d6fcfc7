package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tests what a session over the limit of its user ends. {@link ConnectionContractTest} has the case
 * of a user that is not proven.
 */
class OnlyAProvenUserReplacesItsSessionsTest {

  private static final int REPLACED = 4409;

  @ParameterizedTest
  @EnumSource
  void tokenOfTheUserEndsItsOldestSession(TokenTransport transport) {
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("session.perUser.max", "1");
    try (TestGateway gateway = TestGateway.start(settings);
        TestClient first = transport.connect(gateway, TestTokens.of("alice", 600));
        TestClient other = transport.connect(gateway, TestTokens.of("bob", 600));
        TestClient second = transport.connect(gateway, TestTokens.of("alice", 600))) {
      assertThat(first.closeCode()).isEqualTo(REPLACED);
      for (TestClient client : new TestClient[] {other, second}) {
        client.send(
            Message.newBuilder().setEventId("1").setTo("service:echo").setBody("x").build());
        assertThat(client.receiveAck()).isEqualTo("1");
      }
    }
  }
}

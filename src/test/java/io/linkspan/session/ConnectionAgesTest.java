package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.directory.SessionIds;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ConnectionAgesTest {

  @Test
  void clientsThatConnectedTogetherReconnectAtDifferentTimes() {
    int minute = 60_000;
    int clients = 10_000;
    int[] perMinute = new int[12];
    IntStream.range(0, clients)
        .mapToLong(i -> ConnectionAges.ageOf(SessionIds.random(), 60L * minute, 12L * minute))
        .forEach(
            age -> {
              assertThat(age).isGreaterThan(48L * minute).isLessThanOrEqualTo(60L * minute);
              perMinute[(int) ((60L * minute - age) / minute)]++;
            });
    // 833 on average; the ids are random.
    assertThat(IntStream.of(perMinute).boxed())
        .allSatisfy(count -> assertThat(count).isBetween(600, 1_100));
  }

  @Test
  void withoutJitterTheAgeIsThatOfTheConfiguration() {
    assertThat(ConnectionAges.ageOf(SessionIds.random(), 5_000, 0)).isEqualTo(5_000);
  }

  @Test
  void anOldLinkEndsAndItsClientResumesTheSession() {
    try (TestGateway gateway = TestGateway.start(Map.of("session.maxAge", "1s"));
        WebSocketTestClient first =
            WebSocketTestClient.connect(gateway.httpPort(), "user=alice&session=")) {
      JsonObject session = new JsonObject(first.receiveMessage().getBody());
      assertThat(first.closeCode()).isEqualTo(4100);
      try (WebSocketTestClient second =
          WebSocketTestClient.connect(
              gateway.httpPort(), "user=alice&session=" + session.getString("session"))) {
        assertThat(new JsonObject(second.receiveMessage().getBody()).getBoolean("recovered"))
            .isTrue();
      }
    }
  }

  @Test
  void anOldLinkOfASessionThatCannotBeResumedEndsAsGoingAway() {
    try (TestGateway gateway = TestGateway.start(Map.of("session.maxAge", "1s"));
        WebSocketTestClient client =
            WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      assertThat(client.closeCode()).isEqualTo(1001);
    }
  }
}

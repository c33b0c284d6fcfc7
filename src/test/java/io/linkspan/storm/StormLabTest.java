package io.linkspan.storm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.linkspan.testing.TestGateway;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Storms against a gateway. */
class StormLabTest {

  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

  private static StormLab lab(TestGateway gateway, StormKind kind, int clients, int good)
      throws IOException {
    URI url = URI.create("ws://127.0.0.1:" + gateway.httpPort() + "/ws");
    return new StormLab(StormPlan.of(url, kind, clients, good, 4, Duration.ofMinutes(1)));
  }

  /** Runs the clients until their counts fit. */
  private static JsonObject runUntil(StormLab lab, Predicate<JsonObject> fits) throws IOException {
    var all = new StormCounts();
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (System.nanoTime() < end) {
      lab.turn();
      all.add(lab.takeCounts());
      JsonObject counts = all.toJson(1, lab.open());
      if (fits.test(counts)) {
        return counts;
      }
    }
    return fail("so far: %s", all.toJson(1, lab.open()).encode());
  }

  private static int refused(JsonObject counts, String status) {
    return counts.getJsonObject("refused").getInteger(status, 0);
  }

  @Test
  void clientsAreAnsweredByAGatewayThatHasSeenThemBefore() throws IOException {
    try (TestGateway gateway = TestGateway.start(Map.of())) {
      for (int run = 0; run < 2; run++) {
        try (StormLab lab = lab(gateway, StormKind.GOOD, 1, 1)) {
          runUntil(lab, all -> all.getInteger("goodAnswered") >= 2);
        }
      }
    }
  }

  @Test
  void goodClientsOfTheKindAreCountedApartFromThoseBesideThem() throws IOException {
    try (TestGateway gateway = TestGateway.start(Map.of());
        StormLab lab = lab(gateway, StormKind.GOOD, 3, 2)) {
      lab.begin();
      JsonObject counts =
          runUntil(
              lab,
              all ->
                  all.getInteger("open") == 3
                      && all.getJsonObject("received").getInteger("message", 0) > 5);

      assertThat(counts.getInteger("attempts")).isEqualTo(3);
      assertThat(counts.getJsonObject("received").fieldNames())
          .isSubsetOf("ack", "message", "ping");
    }
  }

  @Test
  void goodClientsAreAnswered() throws IOException {
    try (TestGateway gateway = TestGateway.start(Map.of());
        StormLab lab = lab(gateway, StormKind.GOOD, 1, 2)) {
      JsonObject counts = runUntil(lab, all -> all.getInteger("goodPerSecond") >= 4);

      assertThat(counts.getDouble("goodP99Ms")).isPositive();
      assertThat(counts.getInteger("goodLost")).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = StormKind.class,
      names = {"HELPER", "SLOW_READER", "CHATTERBOX"})
  void clientsThatStayAreAdmittedOnceEach(StormKind kind) throws IOException {
    try (TestGateway gateway = TestGateway.start(Map.of());
        StormLab lab = lab(gateway, kind, 3, 0)) {
      lab.begin();
      int links = kind == StormKind.HELPER ? 12 : 3;
      JsonObject counts = runUntil(lab, all -> all.getInteger("open") == links);

      assertThat(counts.getInteger("attempts")).isEqualTo(links);
      assertThat(counts.getInteger("admitted")).isEqualTo(links);
    }
  }

  @Test
  void theHelperMultipliesItsAttemptsWithEachRefusal() throws IOException {
    Map<String, String> settings = Map.of("limits.connections", "1");
    try (TestGateway gateway = TestGateway.start(settings);
        StormLab lab = lab(gateway, StormKind.HELPER, 2, 0)) {
      lab.begin();
      JsonObject counts = runUntil(lab, all -> refused(all, "429") > 11);

      assertThat(counts.getInteger("admitted")).isEqualTo(1);
      assertThat(counts.getInteger("attempts")).isGreaterThan(11);
    }
  }

  @Test
  void clientsWithoutBackOffReconnectForever() throws IOException {
    try (TestGateway gateway = TestGateway.start(Map.of());
        StormLab lab = lab(gateway, StormKind.NO_BACK_OFF, 2, 0)) {
      lab.begin();
      JsonObject counts = runUntil(lab, all -> all.getInteger("admitted") > 20);

      assertThat(counts.getInteger("open")).isZero();
    }
  }

  @Test
  void halfOpenLinksAreReplacedWhenTheGatewayDropsThem() throws IOException {
    Map<String, String> settings = Map.of("limits.pending.timeout", "1s");
    try (TestGateway gateway = TestGateway.start(settings);
        StormLab lab = lab(gateway, StormKind.HALF_OPEN, 2, 0)) {
      lab.begin();
      JsonObject counts = runUntil(lab, all -> all.getInteger("attempts") > 4);

      assertThat(counts.getInteger("admitted")).isZero();
      assertThat(counts.getJsonObject("refused").isEmpty()).isFalse();
    }
  }

  @Test
  void closesAndErrorsAreCountedByTheirCodes() throws IOException {
    Map<String, String> settings = Map.of("limits.messageRate", "5/s");
    try (TestGateway gateway = TestGateway.start(settings);
        StormLab lab = lab(gateway, StormKind.CHATTERBOX, 1, 0)) {
      lab.begin();
      JsonObject counts = runUntil(lab, all -> !all.getJsonObject("errors").isEmpty());

      assertThat(counts.getJsonObject("errors").fieldNames()).contains("rate-limited");
    }
  }

  @Test
  void aTargetThatDoesNotListenIsCounted() throws IOException {
    try (var bound = new Socket()) {
      // Nobody listens at the port, and nobody else can take it.
      bound.bind(new InetSocketAddress("127.0.0.1", 0));
      URI url = URI.create("ws://127.0.0.1:" + bound.getLocalPort() + "/ws");
      refuse(url);
    }
  }

  private static void refuse(URI url) throws IOException {
    var plan = StormPlan.of(url, StormKind.HELPER, 1, 1, 4, Duration.ofMinutes(1));
    try (var lab = new StormLab(plan)) {
      lab.begin();
      JsonObject counts =
          runUntil(lab, all -> refused(all, "reset") > 2 && all.getInteger("goodLost") > 0);

      assertThat(counts.getInteger("admitted")).isZero();
    }
  }
}

package io.linkspan.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.RawHttpService;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.linkspan.upstream.BackendException.Kind;
import io.linkspan.upstream.CircuitBreaker.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that one client's failing Messages do not take a service from all others. */
class OnlyAnOutageOpensTheBreakerTest {

  private static final int MANY = 70;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(names = {"REFUSED", "ERROR", "BROKEN"})
  void failureOfTheMessageItselfKeepsTheBreakerClosed(Kind kind) {
    PipelineRig rig = rig();
    for (int i = 0; i < MANY; i++) {
      rig.offer("" + i);
      rig.fail("" + i, kind);
    }
    assertThat(rig.pipeline.breaker()).isEqualTo(State.CLOSED);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOST", "UNSENT"})
  void outageOpensTheBreaker(Kind kind) {
    PipelineRig rig = rig();
    for (int i = 0; i < 3; i++) {
      rig.offer("" + i);
      rig.fail("" + i, kind);
    }
    assertThat(rig.pipeline.breaker()).isEqualTo(State.OPEN);
  }

  private static PipelineRig rig() {
    var config = new PipelineRig.Config();
    config.retries = 0;
    return config.rig();
  }

  @Test
  void probeThatTheServiceFailsWithClosesTheBreaker() {
    PipelineRig rig = open();
    rig.fail("probe", Kind.ERROR);
    assertThat(rig.pipeline.breaker()).isEqualTo(State.CLOSED);
  }

  @Test
  void probeWhoseConnectionBreaksDoesNotCloseTheBreaker() {
    PipelineRig rig = open();
    rig.fail("probe", Kind.BROKEN);
    assertThat(rig.pipeline.breaker()).isEqualTo(State.OPEN);
  }

  private static PipelineRig open() {
    PipelineRig rig = rig();
    for (int i = 0; i < 3; i++) {
      rig.offer("" + i);
      rig.fail("" + i, Kind.UNSENT);
    }
    rig.pass(1_000);
    rig.offer("probe");
    return rig;
  }

  @Test
  void messageThatBreaksTheConnectionHasOnlyItsOwnAttemptsWhileOthersAreHeld() {
    var config = new PipelineRig.Config();
    config.hold = Duration.ofSeconds(10);
    PipelineRig rig = config.rig();
    rig.offer("poison", "mallory");
    rig.offer("other", "alice");
    for (int i = 0; i <= config.retries; i++) {
      rig.fail("poison", Kind.BROKEN);
      rig.pass(400);
    }
    assertThat(rig.refused).containsOnlyKeys("poison");
    rig.succeed("other");
    assertThat(rig.pipeline.breaker()).isEqualTo(State.CLOSED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "",
      })
  void poisonOfOneClientLeavesTheServiceToOthers(String failure) throws IOException {
    try (var service = new RawHttpService()) {
      service.on(
          request -> {
            if (request.field("X-Linkspan-User").equals("mallory")) {
              request.connection().send(failure);
              if (failure.isEmpty()) {
                request.connection().reset();
              }
            } else {
              request.connection().send("HTTP/1.1 204 No Content\r\n\r\n");
            }
          });
      try (TestGateway gateway = start(service.port());
          WebSocketTestClient mallory = client(gateway, "mallory");
          WebSocketTestClient alice = client(gateway, "alice")) {
        for (int i = 0; i < 10; i++) {
          mallory.send(message("m" + i));
          assertThat(mallory.receiveError().getString("replyTo")).isEqualTo("m" + i);
          alice.send(message("a" + i));
          assertThat(alice.receiveAck()).isEqualTo("a" + i);
        }
        assertThat(opened(gateway)).isZero();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {502, 503, 504})
  void statusOfAnOutageOpensTheBreaker(int status) throws IOException {
    try (var service = new RawHttpService()) {
      service.answer("HTTP/1.1 " + status + " Away\r\nContent-Length: 0\r\n\r\n");
      try (TestGateway gateway = start(service.port());
          WebSocketTestClient alice = client(gateway, "alice")) {
        for (int i = 0; i < 2; i++) {
          alice.send(message("" + i));
          assertThat(alice.receiveError().getString("code")).isEqualTo("unavailable");
        }
        assertThat(opened(gateway)).isEqualTo(1);
      }
    }
  }

  private static double opened(TestGateway gateway) {
    return Scrape.metric(
        gateway.managementPort(),
        "linkspan_upstream_breaker_opened_total{upstream=\"service:raw\"}");
  }

  private TestGateway start(int port) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("breaker.yaml"),
            """
            upstream: {retries: 0, breaker: {failures: 2, of: 10, pause: 1h, maxPause: 1h}}
            routes:
              - {to: "service:raw", http: {url: "http://127.0.0.1:%d/"}}
            """
                .formatted(port));
    return TestGateway.start(file, Map.of());
  }

  private static WebSocketTestClient client(TestGateway gateway, String user) {
    return WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=" + user);
  }

  private static Message message(String id) {
    return Message.newBuilder().setEventId(id).setTo("service:raw").build();
  }
}

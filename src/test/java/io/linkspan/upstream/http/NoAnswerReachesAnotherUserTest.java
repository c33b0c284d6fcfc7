package io.linkspan.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.RawHttpService;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that a connection is reused only after the final response of its request was read whole.
 * All Messages share one connection at a time, so a response that is out of step would reach the
 * wrong user.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NoAnswerReachesAnotherUserTest {

  private static final int ROUNDS = 5;

  @TempDir static Path folder;

  private final RawHttpService service = new RawHttpService();
  private TestGateway gateway;

  /** An eventId that was used before would get its former ending. */
  private int next;

  @BeforeAll
  void start() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("one-connection.yaml"),
            """
            upstream: {concurrency: 1, retries: 0, timeout: 10s, breaker: {failures: 64, of: 64}}
            routes:
              - {to: "service:raw", http: {url: "http://127.0.0.1:%d/"}}
            """
                .formatted(service.port()));
    gateway = TestGateway.start(file, Map.of());
  }

  @AfterAll
  void stop() {
    gateway.close();
    service.close();
  }

  private static String sender(RawHttpService.Request request) {
    return request.field("X-Linkspan-User");
  }

  private static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s"
        .formatted(body.length(), body);
  }

  private WebSocketTestClient client(String user) {
    return WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=" + user);
  }

  private void assertEachUserGetsItsOwnAnswer() {
    try (WebSocketTestClient alice = client("alice");
        WebSocketTestClient bob = client("bob")) {
      for (int i = 0; i < ROUNDS; i++) {
        String id = "" + next++;
        alice.send(Message.newBuilder().setEventId(id).setTo("service:raw").build());
        bob.send(Message.newBuilder().setEventId(id).setTo("service:raw").build());
        assertAnswer(alice, id, "alice");
        assertAnswer(bob, id, "bob");
      }
    }
  }

  private static void assertAnswer(WebSocketTestClient client, String id, String user) {
    assertThat(client.receiveAck()).isEqualTo(id);
    Message answer = client.receiveMessage();
    assertThat(answer.getReplyTo()).isEqualTo(id);
    assertThat(answer.getBody()).isEqualTo("for " + user);
  }

  @ParameterizedTest
  @ValueSource(strings = {"100 Continue", "102 Processing", "103 Early Hints", "110 X", "199 X"})
  void interimResponsesAreSkipped(String interim) {
    int before = service.connections();
    service.on(
        request -> {
          request.connection().send("HTTP/1.1 " + interim + "\r\nLink: </x>\r\n\r\n");
          request.connection().send("HTTP/1.1 " + interim + "\r\n\r\n");
          request.connection().send(ok("for " + sender(request)));
        });
    assertEachUserGetsItsOwnAnswer();
    assertThat(service.connections() - before).as("connections").isLessThanOrEqualTo(1);
  }

  @Test
  void interimResponsesInOneSegmentWithTheAnswerAreSkipped() {
    service.on(
        request ->
            request
                .connection()
                .send(
                    "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 Odd\r\nContent-Length: 3\r\n\r\n"
                        + ok("for " + sender(request))));
    assertEachUserGetsItsOwnAnswer();
  }

  @Test
  void secondResponseInTheSameSegmentIsDropped() {
    service.on(
        request -> request.connection().send(ok("for " + sender(request)) + ok("for nobody")));
    assertEachUserGetsItsOwnAnswer();
  }

  @Test
  void bytesAfterAResponseWithoutContentAreNotAnAnswer() {
    service.on(
        request -> {
          if (sender(request).equals("alice")) {
            request.connection().send(ok("for alice") + "garbage\r\n\r\n");
          } else {
            request.connection().send(ok("for bob"));
          }
        });
    assertEachUserGetsItsOwnAnswer();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Connection: close",
        "Connection: Upgrade, CLOSE",
        "Connection: keep-alive\r\nConnection: close",
        "Keep-Alive: max=100, timeout=1",
      })
  void connectionThatTheServiceClosesIsNotReused(String field) {
    int before = service.connections();
    service.on(
        request -> {
          request
              .connection()
              .send(ok("for " + sender(request)).replace("\r\n\r\n", "\r\n" + field + "\r\n\r\n"));
          // The service ignores what else comes on this connection.
          request.connection().readAll();
        });
    assertEachUserGetsItsOwnAnswer();
    // The first request may use a connection of the test before.
    assertThat(service.connections() - before).isGreaterThanOrEqualTo(2 * ROUNDS - 1);
  }

  @Test
  void switchOfProtocolsIsAnErrorAndItsConnectionIsNotReused() {
    service.on(
        request -> {
          if (sender(request).equals("mallory")) {
            request.connection().send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
            request.connection().send(ok("for mallory"));
          } else {
            request.connection().send(ok("for " + sender(request)));
          }
        });
    try (WebSocketTestClient mallory = client("mallory")) {
      mallory.send(Message.newBuilder().setEventId("mallory").setTo("service:raw").build());
      assertThat(mallory.receiveError().getString("code")).isEqualTo("internal");
    }
    assertEachUserGetsItsOwnAnswer();
  }
}

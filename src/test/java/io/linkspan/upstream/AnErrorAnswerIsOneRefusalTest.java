package io.linkspan.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.api.Service;
import io.linkspan.testing.RawHttpService;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TcpService;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests that a service's answer of type {@code error} is a refusal, and never an acknowledgement.
 */
class AnErrorAnswerIsOneRefusalTest {

  @TempDir Path folder;

  private TestGateway start(String route) throws IOException {
    String yaml = "upstream: {retries: 0}\nroutes:\n  - {to: \"service:x\", " + route + "}\n";
    return TestGateway.start(Files.writeString(folder.resolve("error.yaml"), yaml), Map.of());
  }

  private static WebSocketTestClient client(TestGateway gateway) {
    return WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=alice");
  }

  private static Message question(String id) {
    return Message.newBuilder().setEventId(id).setTo("service:x").build();
  }

  /** Returns an answer of type error with a text as its body. */
  private static JsonObject error(String body) {
    return new JsonObject().put("type", "error").put("body", body);
  }

  private static void assertRefused(
      WebSocketTestClient client, String id, String code, String text, long retryAfterMs) {
    JsonObject error = client.receiveError();
    assertThat(error.getString("replyTo")).isEqualTo(id);
    assertThat(error.getString("code")).isEqualTo(code);
    assertThat(error.getString("message")).isEqualTo(text);
    assertThat(error.getLong("retryAfterMs", 0L)).isEqualTo(retryAfterMs);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"code\":\"forbidden\",\"message\":\"not you\"}                  | forbidden    | not you | 0",
        "{\"code\":\"rate-limited\",\"message\":\"slow\",\"retryAfterMs\":7} | rate-limited | slow    | 7",
        "{\"code\":\"forbidden\",\"message\":\"x\",\"retryAfterMs\":1e300}   | forbidden    | x       | 86400000",
        "{\"code\":\"own\",\"message\":\"sold out\"}                       | internal     | sold out | 0",
        "out of paper                                                  | internal     | out of paper | 0",
      })
  void httpServiceRefusesWithAnErrorMessage(
      String body, String code, String text, long retryAfterMs) throws IOException {
    try (var service = new RawHttpService()) {
      String json = error(body).encode();
      service.answer(
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(json.length(), json));
      try (TestGateway gateway =
              start("http: {url: \"http://127.0.0.1:%d/\"}".formatted(service.port()));
          WebSocketTestClient alice = client(gateway)) {
        alice.send(question("1"));
        assertRefused(alice, "1", code, text, retryAfterMs);
        // Had there been an acknowledgement as well, it would come first.
        alice.send(question("2"));
        assertRefused(alice, "2", code, text, retryAfterMs);
        assertThat(service.requests()).isEqualTo(2);
      }
    }
  }

  /** On the loop of its client a service is called as a method, on another one over the bus. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void busServiceRefusesWithAnErrorMessage(boolean onTheLoop) throws IOException {
    try (TestGateway gateway = start("bus: printer")) {
      TestGateway.await(
          gateway
              .vertx()
              .deployVerticle(
                  () -> new Printer(onTheLoop), new DeploymentOptions().setInstances(2)));
      try (WebSocketTestClient alice = client(gateway)) {
        alice.send(question("1"));
        assertRefused(alice, "1", "unavailable", "out of paper", 7);
        alice.send(question("2"));
        assertRefused(alice, "2", "unavailable", "out of paper", 7);
      }
    }
  }

  private static final class Printer extends VerticleBase {
    private final boolean asService;

    Printer(boolean asService) {
      this.asService = asService;
    }

    @Override
    public Future<?> start() {
      Message error =
          Message.newBuilder()
              .setType("error")
              .setBody("{\"code\":\"unavailable\",\"message\":\"out of paper\",\"retryAfterMs\":7}")
              .build();
      return asService
          ? Service.register(vertx, "printer", (message, origin) -> Future.succeededFuture(error))
          : vertx.eventBus().consumer("printer", request -> request.reply(error)).completion();
    }
  }

  @Test
  void tcpServiceRefusesWithAnErrorMessage() throws IOException {
    try (TcpService service = TcpService.start();
        TestGateway gateway = start("tcp: {host: 127.0.0.1, port: %d}".formatted(service.port()));
        WebSocketTestClient alice = client(gateway);
        RawTcp link = service.accept()) {
      for (int i = 1; i < 3; i++) {
        alice.send(question("" + i));
        link.readLine();
        JsonObject answer =
            error("{\"code\":\"forbidden\",\"message\":\"not you\"}").put("replyTo", "" + i);
        link.send(new JsonObject().put("message", answer).encode() + "\n");
        assertRefused(alice, "" + i, "forbidden", "not you", 0);
      }
    }
  }
}

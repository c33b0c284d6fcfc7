package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TestGateway;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that a proxy could read differently are refused and end their connection. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RequestsAreUnambiguousTest {

  private static final String HOST = "Host: 127.0.0.1\r\n";
  private static final String HIDDEN = "GET /hidden HTTP/1.1\r\n" + HOST + "\r\n";

  private TestGateway gateway;

  @BeforeAll
  void start() {
    gateway = TestGateway.start(Map.of());
  }

  @AfterAll
  void stop() {
    gateway.close();
  }

  static Stream<Arguments> ambiguous() {
    return Stream.of(
            HOST + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            HOST + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
            HOST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            HOST + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            HOST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            HOST + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            HOST + "Transfer-Encoding: identity\r\n\r\n",
            HOST + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            HOST + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            HOST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx",
            HOST + "Content-Length: 1, 2\r\n\r\nx",
            HOST + "Content-Length: +1\r\n\r\nx",
            HOST + "Content-Length: -1\r\n\r\n",
            "Accept: text/html\r\n\r\n",
            HOST + HOST + "\r\n",
            HOST + "Host: evil.example\r\n\r\n",
            "Host: [::1\r\n\r\n",
            "Host: a:b:c\r\n\r\n",
            "Host: a/b\r\n\r\n",
            "Host: user@a\r\n\r\n",
            "Host: a, b\r\n\r\n")
        .flatMap(head -> Stream.of(Arguments.of("http", head), Arguments.of("management", head)));
  }

  @ParameterizedTest
  @MethodSource("ambiguous")
  void anAmbiguousRequestIsRefusedAndNothingAfterItIsRead(String listener, String head) {
    try (RawTcp client = RawTcp.connect(gateway.port(listener))) {
      client.send("POST /metrics HTTP/1.1\r\n" + head + HIDDEN);
      String answer = new String(client.readAll(), StandardCharsets.UTF_8);
      assertThat(answer).startsWith("HTTP/1.1 400 ");
      assertThat(answer.split("HTTP/1\\.1 ", -1)).as(answer).hasSize(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "management"})
  void theAnswersToEarlierRequestsComeFirst(String listener) {
    try (RawTcp client = RawTcp.connect(gateway.port(listener))) {
      client.send("GET /nothing HTTP/1.1\r\n" + HOST + "\r\n");
      client.send("GET /nothing HTTP/1.1\r\n" + HOST + HOST + "\r\n" + HIDDEN);
      String answer = new String(client.readAll(), StandardCharsets.UTF_8);
      assertThat(answer.split("HTTP/1\\.1 ", -1)).hasSize(3);
      assertThat(answer).startsWith("HTTP/1.1 404 ").contains("HTTP/1.1 400 ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http", "management"})
  void anHttp10RequestNeedsNoHost(String listener) {
    try (RawTcp client = RawTcp.connect(gateway.port(listener))) {
      client.send("GET /nothing HTTP/1.0\r\n\r\n");
      assertThat(client.readLine()).contains(" 404 ");
    }
  }

  @Test
  void aChunkedRequestIsRead() {
    try (RawTcp client = RawTcp.connect(gateway.managementPort())) {
      String body = "{\"to\":\"nobody\"}";
      client.send(
          "POST /v1/messages HTTP/1.1\r\n"
              + HOST
              + "Content-Type: application/json\r\nTransfer-Encoding: Chunked\r\n\r\n"
              + Integer.toHexString(body.length())
              + "\r\n"
              + body
              + "\r\n0\r\n\r\n");
      assertThat(client.readLine()).contains(" 404 ");
    }
  }
}

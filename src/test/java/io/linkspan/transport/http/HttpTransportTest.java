package io.linkspan.transport.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.SelfSignedCertificate;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The HTTP port around the WebSocket endpoint. */
class HttpTransportTest {

  private static HttpResponse<String> request(TestGateway gateway, String method, String path)
      throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.httpPort() + path))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build(),
            BodyHandlers.ofString());
  }

  @Test
  void thePageIsServedAndOtherPathsAreNot() throws Exception {
    try (TestGateway gateway = TestGateway.start(Map.of())) {
      HttpResponse<String> page = request(gateway, "GET", "/");
      assertThat(page.statusCode()).isEqualTo(200);
      assertThat(page.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
      assertThat(page.body()).startsWith("<!doctype html>");
      assertThat(request(gateway, "POST", "/").statusCode()).isEqualTo(405);
      assertThat(request(gateway, "GET", "/nothing").statusCode()).isEqualTo(404);
      HttpResponse<String> plain = request(gateway, "GET", "/ws");
      assertThat(plain.statusCode()).isEqualTo(426);
      assertThat(plain.headers().firstValue("upgrade")).hasValue("websocket");
    }
  }

  @Test
  void aPathThatCannotBeDecodedIsMalformedOnEveryPort() {
    try (TestGateway gateway = TestGateway.start(Map.of())) {
      for (int port : new int[] {gateway.httpPort(), gateway.managementPort()}) {
        try (RawHttp http = RawHttp.get(port, "/%zz")) {
          RawHttp.Response answer = http.response();
          assertThat(answer.status()).isEqualTo(400);
          assertThat(new JsonObject(answer.body()).getString("code")).isEqualTo("malformed");
        }
      }
    }
  }

  @Test
  void thePageIsServedOnlyWhereItIsWanted() throws Exception {
    try (TestGateway open = TestGateway.start(Map.of("http.host", "0.0.0.0"));
        TestGateway wanted =
            TestGateway.start(Map.of("http.host", "0.0.0.0", "http.playground", "true"));
        TestGateway unwanted = TestGateway.start(Map.of("http.playground", "false"))) {
      assertThat(request(open, "GET", "/").statusCode()).isEqualTo(404);
      assertThat(request(wanted, "GET", "/").statusCode()).isEqualTo(200);
      assertThat(request(unwanted, "GET", "/").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void byDefaultOnlyPagesOfTheGatewayItselfMayConnect() {
    try (TestGateway gateway = TestGateway.start(Map.of())) {
      String own = "Origin: http://127.0.0.1:" + gateway.httpPort();
      for (String target : List.of("/ws", "/socket.io/?EIO=4&transport=websocket")) {
        try (RawWebSocket page = RawWebSocket.connect(gateway.httpPort(), target, own);
            RawWebSocket other =
                RawWebSocket.connect(gateway.httpPort(), target, "Origin: https://evil.example");
            RawWebSocket app = RawWebSocket.connect(gateway.httpPort(), target)) {
          assertThat(page.status()).contains(" 101 ");
          assertThat(other.status()).contains(" 403 ");
          assertThat(app.status()).contains(" 101 ");
        }
      }
    }
  }

  @Test
  void aConnectionThatNeverAsksIsClosedButAWebSocketIsNot() throws Exception {
    try (TestGateway gateway =
            TestGateway.start(Map.of("http.idleTimeout", "1s", "socketio.enabled", "false"));
        RawWebSocket webSocket = RawWebSocket.connect(gateway.httpPort(), "/ws?user=a");
        Socket mute = new Socket("127.0.0.1", gateway.httpPort());
        Socket slow = new Socket("127.0.0.1", gateway.httpPort())) {
      slow.getOutputStream().write("GET /ws HT".getBytes(StandardCharsets.US_ASCII));
      assertThat(mute.getInputStream().read()).isEqualTo(-1);
      assertThat(slow.getInputStream().read()).isEqualTo(-1);
      webSocket.sendText("{\"module\":\"HEART_CHECK\",\"message\":1}");
      assertThat(webSocket.readData().opcode()).isEqualTo(RawWebSocket.TEXT);
    }
  }

  @Test
  void withACertificateEverythingIsEncrypted() {
    SelfSignedCertificate certificate = SelfSignedCertificate.create();
    try (TestGateway gateway =
        TestGateway.start(
            Map.of(
                "http.tls.cert", certificate.certificatePath(),
                "http.tls.key", certificate.privateKeyPath()))) {
      var client =
          gateway
              .vertx()
              .createWebSocketClient(
                  new WebSocketClientOptions()
                      .setSsl(true)
                      .setTrustOptions(certificate.trustOptions())
                      .setVerifyHost(false));
      CompletableFuture<String> answer = new CompletableFuture<>();
      TestGateway.await(
          client
              .connect(
                  new WebSocketConnectOptions()
                      .setHost("127.0.0.1")
                      .setPort(gateway.httpPort())
                      .setURI("/ws?user=a"))
              .compose(
                  socket -> {
                    socket.textMessageHandler(answer::complete);
                    return socket.writeTextMessage(
                        "{\"module\":\"HEART_CHECK\",\"message\":\"x\"}");
                  }));
      assertThat(answer.orTimeout(10, java.util.concurrent.TimeUnit.SECONDS).join())
          .isEqualTo("{\"module\":\"HEART_CHECK\",\"message\":\"x\"}");
      TestGateway.await(client.close());
    } finally {
      certificate.delete();
    }
  }
}

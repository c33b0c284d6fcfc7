package io.linkspan.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.protocol.engineio.EngineConfig;
import io.linkspan.protocol.engineio.EngineConfigs;
import io.linkspan.protocol.socketio.SocketConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Checks the cores behind a real HTTP server, with independent clients. */
class RawEngineServerTest {
  private final Vertx vertx = Vertx.vertx();
  private final HttpClient http = HttpClient.newHttpClient();
  private RawEngineServer server;

  @BeforeEach
  void start() {
    start(EngineConfig.DEFAULT);
  }

  private void start(EngineConfig config) {
    CompletableFuture<RawEngineServer> started = new CompletableFuture<>();
    vertx.runOnContext(
        v -> {
          var raw =
              new RawEngineServer(vertx, config)
                  .serve("/socket.io", RawSocketApplication.factory(config, SocketConfig.DEFAULT));
          raw.start(0)
              .onSuccess(up -> started.complete(raw))
              .onFailure(started::completeExceptionally);
        });
    server = started.join();
  }

  @AfterEach
  void stop() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @Test
  void pollerIsEchoedAndForgotten() throws Exception {
    String sid = handshake("/engine.io/?EIO=4&transport=polling");
    String session = "/engine.io/?EIO=4&transport=polling&sid=" + sid;
    CompletableFuture<HttpResponse<String>> poll = getAsync(session);
    assertThat(post(session, "4hello\u001ebAQIDBA==\u001e4😀").body()).isEqualTo("ok");
    HttpResponse<String> answer = poll.get(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(answer.body()).isEqualTo("4hello\u001ebAQIDBA==\u001e4😀");
    assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
    assertThat(post(session, "1").statusCode()).isEqualTo(200);
    HttpResponse<String> unknown = get(session);
    assertThat(unknown.statusCode()).isEqualTo(400);
    assertThat(unknown.body()).isEqualTo("{\"code\":1,\"message\":\"Session ID unknown\"}");
    assertThat(server.sessions()).isZero();
  }

  @Test
  void silentPollerIsUnknownWhenIntervalAndTimeoutAreOver() throws Exception {
    start(EngineConfigs.QUICK);
    String sid = handshake("/engine.io/?EIO=4&transport=polling");
    Awaitility.await().until(() -> server.sessions() == 0);
    assertThat(get("/engine.io/?EIO=4&transport=polling&sid=" + sid).statusCode()).isEqualTo(400);
  }

  @Test
  void oversizedBodyIsRefused() throws Exception {
    String sid = handshake("/engine.io/?EIO=4&transport=polling");
    String session = "/engine.io/?EIO=4&transport=polling&sid=" + sid;
    assertThat(post(session, "4" + "x".repeat(1_000_000)).statusCode()).isEqualTo(413);
    assertThat(get(session).statusCode()).isEqualTo(400);
  }

  @Test
  void abortedPollEndsTheSession() throws Exception {
    String sid = handshake("/engine.io/?EIO=3&transport=polling");
    var client = vertx.createHttpClient();
    Future<HttpClientResponse> response =
        client
            .request(
                HttpMethod.GET,
                server.port(),
                "127.0.0.1",
                "/engine.io/?EIO=3&transport=polling&sid=" + sid)
            .compose(
                request -> {
                  vertx.setTimer(50, cut -> request.connection().close());
                  return request.send();
                });
    Awaitility.await().until(() -> response.isComplete() && server.sessions() == 0);
  }

  @Test
  void webSocketIsEchoedAndClosedOnABadPacket() throws Exception {
    var socket = new Client("/engine.io/?EIO=4&transport=websocket");
    assertThat(socket.next()).startsWith("0{\"sid\":");
    socket.send("4hello");
    assertThat(socket.next()).isEqualTo("4hello");
    socket.socket.sendBinary(ByteBuffer.wrap(new byte[] {1, 2}), true).join();
    assertThat(socket.next()).isEqualTo("<0102>");
    socket.socket.sendText("4frag", false).join();
    socket.socket.sendText("mented", true).join();
    assertThat(socket.next()).isEqualTo("4fragmented");
    socket.send("abc");
    assertThat(socket.next()).startsWith("closed");
    Awaitility.await().until(() -> server.sessions() == 0);
  }

  @Test
  void pollerMovesToAWebSocket() throws Exception {
    String sid = handshake("/engine.io/?EIO=4&transport=polling");
    String session = "/engine.io/?EIO=4&transport=polling&sid=" + sid;
    var socket = new Client("/engine.io/?EIO=4&transport=websocket&sid=" + sid);
    socket.send("2probe");
    assertThat(socket.next()).isEqualTo("3probe");
    assertThat(get(session).body()).isEqualTo("6");
    socket.send("5");
    socket.send("4hello");
    assertThat(socket.next()).isEqualTo("4hello");
    assertThat(get(session).statusCode()).isEqualTo(400);
    socket.send("1");
    assertThat(socket.next()).startsWith("closed");
    Awaitility.await().until(() -> server.sessions() == 0);
  }

  @Test
  void webSocketOfNoSessionIsRefused() {
    String uri = "/engine.io/?EIO=4&transport=websocket&sid=zzz";
    assertThat(new Client().open(uri)).failsWithin(Duration.ofSeconds(5));
  }

  @Test
  void socketClientsOfBothGenerationsAreServed() throws Exception {
    var client = new Client("/socket.io/?EIO=4&transport=websocket");
    assertThat(client.next()).startsWith("0");
    client.send("40{\"token\":\"123\"}");
    assertThat(client.next()).startsWith("40{\"sid\":");
    assertThat(client.next()).isEqualTo("42[\"auth\",{\"token\":\"123\"}]");
    client.send("42456[\"message-with-ack\",1,\"2\",{\"3\":[false]}]");
    assertThat(client.next()).isEqualTo("43456[1,\"2\",{\"3\":[false]}]");
    client.send("40/random");
    assertThat(client.next()).isEqualTo("44/random,{\"message\":\"Invalid namespace\"}");

    var old = new Client("/socket.io/?EIO=3&transport=websocket");
    assertThat(old.next()).startsWith("0");
    assertThat(old.next()).isEqualTo("40");
    assertThat(old.next()).isEqualTo("42[\"auth\",{}]");
    old.send("40/random");
    assertThat(old.next()).isEqualTo("44/random,\"Invalid namespace\"");
    old.send("4abc");
    assertThat(old.next()).startsWith("closed");
  }

  private String handshake(String uri) throws Exception {
    String body = get(uri).body();
    return Buffer.buffer(body.substring(body.indexOf('{'))).toJsonObject().getString("sid");
  }

  private HttpResponse<String> get(String uri) throws Exception {
    return getAsync(uri).get(Patience.SECONDS, TimeUnit.SECONDS);
  }

  private CompletableFuture<HttpResponse<String>> getAsync(String uri) {
    return http.sendAsync(
        HttpRequest.newBuilder(uri("http", uri)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(String uri, String body) throws Exception {
    return http.sendAsync(
            HttpRequest.newBuilder(uri("http", uri))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .get(Patience.SECONDS, TimeUnit.SECONDS);
  }

  private URI uri(String scheme, String uri) {
    return URI.create(scheme + "://127.0.0.1:" + server.port() + uri);
  }

  /** Queues the messages of a WebSocket: text as it is, binary in hexadecimal. */
  private final class Client implements WebSocket.Listener {
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private WebSocket socket;

    Client() {}

    Client(String uri) {
      socket = open(uri).join();
    }

    CompletableFuture<WebSocket> open(String uri) {
      return http.newWebSocketBuilder().buildAsync(uri("ws", uri), this);
    }

    void send(String message) {
      socket.sendText(message, true).join();
    }

    String next() throws InterruptedException {
      return received.poll(Patience.SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        received.add(text.toString());
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      received.add("<" + HexFormat.of().formatHex(bytes) + ">");
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      received.add("closed " + code);
      return null;
    }
  }
}

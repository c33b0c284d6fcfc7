package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.GeneratedMessage;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.SlowPolicy;
import io.linkspan.connection.CloseReason;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.Patience;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients of every transport that do not read for a while, on real sockets. */
class SlowReadersTest {

  private static final int KEYS = 10;
  private static final int SMALL_BUFFER = 4_096;

  /** More than the gateway and the kernel hold together, and the client's own buffer. */
  private static final int ROUNDS = 800;

  private static final String FILLING = "x".repeat(1_000);

  /** Reads the eventId of the next Message. */
  private interface Reader {
    String next();
  }

  private TestGateway gateway;
  private GatewayClient service;

  private void start(String... settings) {
    Map<String, String> all = new HashMap<>();
    all.put("eventLoops", "2");
    all.put("tcp.enabled", "true");
    all.put("enet.timeout.minimum", "60s");
    all.put("enet.timeout.maximum", "60s");
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    gateway = TestGateway.start(all);
    service = GatewayClient.create(gateway.vertx());
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private static Reader of(TestClient client) {
    return () -> {
      GeneratedMessage next = client.receive();
      return ((Message) next).getEventId();
    };
  }

  private static Message.Builder message(String eventId, SlowPolicy policy) {
    return Message.newBuilder()
        .setEventId(eventId)
        .setTo("user:slow")
        .setBody(FILLING)
        .putHeaders(Headers.SLOW, policy.label());
  }

  private double metric(String name) {
    return Scrape.metric(gateway.managementPort(), name);
  }

  private double superseded() {
    return metric("linkspan_slow_messages_total{effect=\"superseded\",policy=\"latest\"}");
  }

  /** Sends values while the client does not read, and lets it read what is left. */
  private void checkThatTheNewestOfEachKeyArrives(Reader client) {
    int queued = 0;
    for (int round = 0; round < ROUNDS; round++) {
      List<Future<Void>> sent = new ArrayList<>();
      for (int key = 0; key < KEYS; key++) {
        String name = Integer.toString(key);
        sent.add(
            service.post(
                message(name + "-" + round, SlowPolicy.LATEST)
                    .putHeaders(Headers.SLOW_KEY, name)
                    .build()));
      }
      if (round % 100 == 0) {
        sent.add(service.post(message("q-" + queued++, SlowPolicy.QUEUE).build()));
      }
      TestGateway.await(Future.all(sent));
    }
    assertThat(superseded()).isPositive();
    Map<String, Integer> latest = new HashMap<>();
    int received = 0;
    int nextQueued = 0;
    while (nextQueued < queued || !isComplete(latest)) {
      String[] eventId = client.next().split("-", 2);
      int number = Integer.parseInt(eventId[1]);
      if (eventId[0].equals("q")) {
        assertThat(number).isEqualTo(nextQueued++);
      } else {
        assertThat(number).isGreaterThan(latest.getOrDefault(eventId[0], -1));
        latest.put(eventId[0], number);
        received++;
      }
    }
    assertThat(received + superseded()).isEqualTo(ROUNDS * KEYS);
    assertThat(metric("linkspan_slow_waiting")).isZero();
  }

  private static boolean isComplete(Map<String, Integer> latest) {
    return latest.size() == KEYS && latest.values().stream().allMatch(round -> round == ROUNDS - 1);
  }

  @Test
  void onWebSocket() {
    start();
    try (var client =
        new WebSocketTestClient(
            RawWebSocket.connect(
                gateway.httpPort(), SMALL_BUFFER, "/ws?ack=transport&user=slow"))) {
      checkThatTheNewestOfEachKeyArrives(of(client));
    }
  }

  @Test
  void onFramedTcp() {
    start();
    try (var client = TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort(), SMALL_BUFFER))) {
      client.authenticate("slow", "transport");
      checkThatTheNewestOfEachKeyArrives(of(client));
    }
  }

  @Test
  void onEnet() {
    start();
    try (var client = EnetTestClient.connect(gateway.enetPort(), "slow", "transport")) {
      checkThatTheNewestOfEachKeyArrives(of(client));
    }
  }

  @Test
  void onSocketIoOverWebSocket() {
    start();
    try (var client = SocketIoTestClient.connect(gateway.httpPort(), "user=slow")) {
      checkThatTheNewestOfEachKeyArrives(of(client));
    }
  }

  @Test
  void onSocketIoOverPolling() {
    start();
    checkThatTheNewestOfEachKeyArrives(new Polling(gateway.httpPort()));
  }

  /** A Socket.IO client that polls when it is asked for a Message. */
  private static final class Polling implements Reader {

    private static final Pattern EVENT_ID = Pattern.compile("\"eventId\":\"([^\"]*)\"");

    private final int port;
    private final String target;
    private final Queue<String> eventIds = new ArrayDeque<>();

    Polling(int port) {
      this.port = port;
      String path = "/socket.io/?EIO=4&transport=polling&user=slow";
      String open = RawHttp.get(port, path).response().body();
      target = path + "&sid=" + new JsonObject(open.substring(1)).getString("sid");
      RawHttp.post(port, target, "40").response();
      assertThat(RawHttp.get(port, target).response().body()).startsWith("40");
    }

    @Override
    public String next() {
      while (eventIds.isEmpty()) {
        String body = RawHttp.get(port, target).response().body();
        for (String packet : body.split("\u001e", -1)) {
          Matcher event = EVENT_ID.matcher(packet);
          if (event.find()) {
            eventIds.add(event.group(1));
          } else {
            assertThat(packet).as("a ping").isEqualTo("2");
            RawHttp.post(port, target, "3").response();
          }
        }
      }
      return eventIds.remove();
    }
  }

  @Test
  void cutClosesTheLinkAndTheClientResumes() throws Exception {
    start(
        "session.maxSlowBytes", "64KiB",
        "session.maxPending", "100000",
        "session.maxPendingBytes", "100MiB",
        "limits.writeQueue", "100MiB");
    String token;
    int sent = 0;
    try (var client = resumable("", SMALL_BUFFER)) {
      token = session(client).getString("session");
      while (metric("linkspan_slow_messages_total{effect=\"closed\",policy=\"cut\"}") == 0) {
        for (int i = 0; i < 50; i++) {
          TestGateway.await(service.post(message("c-" + sent++, SlowPolicy.CUT).build()));
        }
      }
      assertThat(client.closeCode()).isEqualTo(CloseReason.SLOW_CONSUMER.code());
    }
    try (var client = resumable(token, 0)) {
      assertThat(session(client).getBoolean("recovered")).isTrue();
      for (int i = 0; i < sent; i++) {
        assertThat(client.receiveMessage().getEventId()).isEqualTo("c-" + i);
        client.acknowledge("c-" + i);
      }
    }
  }

  @Test
  void theNewestOfEachKeyWaitForAClientThatIsAway() throws Exception {
    start();
    BlockingQueue<JsonObject> ended = gateway.disconnects();
    String token;
    try (var client = resumable("", 0)) {
      token = session(client).getString("session");
    }
    assertThat(ended.poll(Patience.SECONDS, TimeUnit.SECONDS)).isNotNull();
    for (int round = 0; round < 3; round++) {
      for (String key : List.of("a", "b")) {
        TestGateway.await(
            service.post(
                message(key + "-" + round, SlowPolicy.LATEST)
                    .putHeaders(Headers.SLOW_KEY, key)
                    .build()));
      }
      TestGateway.await(service.post(message("q-" + round, SlowPolicy.QUEUE).build()));
    }
    try (var client =
        TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort()))
            .authenticate("slow", Map.of("ack", "client", "session", token))) {
      assertThat(session(client).getBoolean("recovered")).isTrue();
      for (String expected : List.of("q-0", "q-1", "q-2", "a-2", "b-2")) {
        assertThat(client.receiveMessage().getEventId()).isEqualTo(expected);
        client.acknowledge(expected);
      }
    }
  }

  private WebSocketTestClient resumable(String token, int receiveBuffer) {
    return new WebSocketTestClient(
        RawWebSocket.connect(gateway.httpPort(), receiveBuffer, "/ws?user=slow&session=" + token));
  }

  private static JsonObject session(TestClient client) {
    Message told = client.receiveMessage();
    assertThat(told.getType()).isEqualTo("session");
    client.acknowledge(told.getEventId());
    return new JsonObject(told.getBody());
  }
}

package io.linkspan.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.api.AckMessage;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.connection.CloseReason;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.HttpService;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mailboxes of a gateway that runs alone, as clients and services see them. */
class MailboxTest {

  private static final long PATIENCE_SECONDS = 60;

  private static Message message(String eventId, String to, String ttl) {
    Message.Builder message =
        Message.newBuilder().setEventId(eventId).setTo(to).setType("chat").setBody(eventId);
    return ttl == null ? message.build() : message.putHeaders(Headers.TTL, ttl).build();
  }

  private static JsonObject await(BlockingQueue<JsonObject> queue, String event)
      throws InterruptedException {
    JsonObject next;
    do {
      next = queue.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      assertThat(next).as(event).isNotNull();
    } while (!event.equals(next.getString("event")));
    return next;
  }

  @Test
  void aClientThatSendsToAnAbsentUserIsAcknowledgedAndTheUserGetsItLater() {
    try (var gateway = TestGateway.start(Map.of("mailbox.for", "1h"));
        var sender = WebSocketTestClient.connect(gateway.httpPort(), "user=bob")) {
      sender.send(message("kept", "user:alice", "600"));
      assertThat(((AckMessage) sender.receive()).getEventId()).isEqualTo("kept");
      sender.send(message("lost", "user:alice", null));
      assertThat(((Message) sender.receive()).getReplyTo()).isEqualTo("lost");

      try (var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
        Message received = (Message) alice.receive();
        assertThat(received.getEventId()).isEqualTo("kept");
        assertThat(received.getFrom()).isEqualTo("bob");
        assertThat(received.getHeadersMap()).isEmpty();
        // Not acknowledged: it stays.
      }
      try (var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
        assertThat(((Message) alice.receive()).getEventId()).isEqualTo("kept");
        alice.acknowledge("kept");
        sender.send(message("next", "user:alice", "600"));
        assertThat(((AckMessage) sender.receive()).getEventId()).isEqualTo("next");
        assertThat(((Message) alice.receive()).getEventId()).isEqualTo("next");
      }
    }
  }

  @Test
  void withoutTheConfigurationTheHeaderMeansNothing() {
    try (var gateway = TestGateway.start(Map.of());
        var sender = WebSocketTestClient.connect(gateway.httpPort(), "user=bob")) {
      sender.send(message("lost", "user:alice", "600"));
      assertThat(((Message) sender.receive()).getReplyTo()).isEqualTo("lost");
    }
  }

  @Test
  void aRouteKeepsMessagesThatSayNothing(@TempDir Path folder) throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            mailbox: {for: 1h}
            routes:
              - {to: "user:*", mailbox: 10m}
            """);
    try (var gateway = TestGateway.start(file, Map.of());
        var sender = WebSocketTestClient.connect(gateway.httpPort(), "user=bob")) {
      sender.send(message("kept", "user:alice", null));
      assertThat(((AckMessage) sender.receive()).getEventId()).isEqualTo("kept");
      sender.send(message("not", "user:alice", "0"));
      assertThat(((Message) sender.receive()).getReplyTo()).isEqualTo("not");

      try (var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
        assertThat(((Message) alice.receive()).getEventId()).isEqualTo("kept");
      }
    }
  }

  /** A user with a device on each transport, and a client that states none. */
  @Test
  void eachDeviceOfAUserReceivesWhatIsKeptOverEveryTransport() throws Exception {
    Map<String, String> settings =
        Map.of("mailbox.for", "1h", "mailbox.per", "device", "tcp.enabled", "true");
    try (var gateway = TestGateway.start(settings)) {
      List<Supplier<TestClient>> devices =
          List.of(
              () ->
                  WebSocketTestClient.connect(
                      gateway.httpPort(), "user=alice&ack=client&device=web"),
              () -> WebSocketTestClient.connect(gateway.httpPort(), "user=alice&ack=client"),
              () ->
                  SocketIoTestClient.connect(
                      gateway.httpPort(), "user=alice&ack=client&device=page"),
              () ->
                  EnetTestClient.connect(
                      gateway.enetPort(), "alice", Map.of("ack", "client", "device", "game")),
              () ->
                  TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort()))
                      .authenticate("alice", Map.of("ack", "client", "device", "box")));
      var client = GatewayClient.create(gateway.vertx());
      for (Supplier<TestClient> device : devices) {
        // Its first Message shows that the gateway knows it.
        try (TestClient connected = device.get()) {
          TestGateway.await(client.post(message("first", "user:alice", "600")));
          receive(connected, "first");
          connected.leave();
        }
      }
      TestGateway.await(client.post(message("second", "user:alice", "600")));
      for (Supplier<TestClient> device : devices) {
        try (TestClient connected = device.get()) {
          receive(connected, "second");
          connected.leave();
        }
      }
    }
  }

  /** Reads and acknowledges all up to a Message. */
  private static void receive(TestClient client, String eventId) {
    String next;
    do {
      next = client.receiveMessage().getEventId();
      client.acknowledge(next);
    } while (!next.equals(eventId));
  }

  @Test
  void aDeviceThatCannotBeOneIsRefused() throws Exception {
    try (var gateway = TestGateway.start(Map.of("mailbox.for", "1h", "mailbox.per", "device"))) {
      for (String device : List.of("a%20b", "a/b", "x".repeat(65), "%C3%A4")) {
        URI address =
            URI.create("ws://127.0.0.1:" + gateway.httpPort() + "/ws?user=alice&device=" + device);
        assertThatThrownBy(
                () ->
                    HttpClient.newHttpClient()
                        .newWebSocketBuilder()
                        .buildAsync(address, new WebSocket.Listener() {})
                        .join())
            .as(device)
            .cause()
            .isInstanceOfSatisfying(
                WebSocketHandshakeException.class,
                refused -> assertThat(refused.getResponse().statusCode()).isEqualTo(400));
      }
      try (var enet = EnetTestClient.connect(gateway.enetPort())) {
        enet.send(
            message("auth", "", null).toBuilder()
                .setType("auth")
                .setBody("alice")
                .putHeaders("device", "no device")
                .build());
        assertThat(enet.closeCode()).isEqualTo(CloseReason.MALFORMED.code());
      }
    }
  }

  @Test
  void aServiceThatWaitsGetsTheAcknowledgementAndTheAnswer() {
    try (var gateway = TestGateway.start(Map.of("mailbox.for", "1h"))) {
      var client = GatewayClient.create(gateway.vertx());
      Future<GatewayClient.Delivery> outcome =
          client.send(message("asked", "user:alice", "600"), Duration.ofMinutes(2));
      TestGateway.await(client.post(message("behind", "user:alice", "600")));
      assertThat(outcome.isComplete()).isFalse();

      try (var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
        assertThat(((Message) alice.receive()).getEventId()).isEqualTo("asked");
        alice.send(message("answer", "", null).toBuilder().setReplyTo("asked").build());

        GatewayClient.Delivery done = TestGateway.await(outcome);
        assertThat(done.by()).isEqualTo(GatewayClient.By.CLIENT);
        assertThat(done.reply().getBody()).isEqualTo("answer");
      }
    }
  }

  @Test
  void aServiceOnTheBusIsNotifiedOnceOfEachMessage() throws Exception {
    try (var gateway = TestGateway.start(Map.of("mailbox.for", "1h", "mailbox.hook.bus", "push"))) {
      BlockingQueue<JsonObject> notices = new LinkedBlockingQueue<>();
      TestGateway.await(
          gateway
              .vertx()
              .eventBus()
              .<Message>consumer(
                  "push",
                  notice -> {
                    notices.add(new JsonObject(notice.body().getBody()));
                    notice.reply(notice.body());
                  })
              .completion());
      var client = GatewayClient.create(gateway.vertx());
      TestGateway.await(client.post(message("one", "user:alice", "600")));
      TestGateway.await(client.post(message("two", "user:alice", "600")));

      JsonObject first = await(notices, "mailbox-kept");
      assertThat(first.getString("user")).isEqualTo("alice");
      assertThat(first.getString("eventId")).isEqualTo("one");
      assertThat(first.getString("type")).isEqualTo("chat");
      assertThat(await(notices, "mailbox-kept").getString("eventId")).isEqualTo("two");
      assertThat(notices).isEmpty();
    }
  }

  @Test
  void aServiceOverHttpIsNotified() {
    try (var push = HttpService.start(0);
        var gateway =
            TestGateway.start(
                Map.of(
                    "mailbox.for",
                    "1h",
                    "mailbox.hook.http.url",
                    "http://127.0.0.1:" + push.port() + "/push"))) {
      var client = GatewayClient.create(gateway.vertx());
      TestGateway.await(client.post(message("one", "user:alice", "600")));

      HttpService.Post post = push.next("/push");
      assertThat(post.message().getString("type")).isEqualTo("mailbox-kept");
      assertThat(post.body().toString()).contains("alice").contains("one");
    }
  }

  @Test
  void expiredMessagesAndFullMailboxesAreEvents() throws Exception {
    try (var gateway =
        TestGateway.start(
            Map.of("mailbox.for", "1h", "mailbox.max", "1", "store.expire", "100ms"))) {
      BlockingQueue<JsonObject> events = gateway.events();
      var client = GatewayClient.create(gateway.vertx());
      TestGateway.await(client.post(message("one", "user:alice", "600")));
      assertThatThrownBy(() -> TestGateway.await(client.post(message("two", "user:alice", "600"))))
          .hasMessageContaining("mailbox");
      assertThat(await(events, "mailbox-full").getString("user")).isEqualTo("alice");

      TestGateway.await(client.post(message("short", "user:bob", "1")));
      JsonObject expired = await(events, "mailbox-expired");
      assertThat(expired.getString("user")).isEqualTo("bob");
      assertThat(expired.getInteger("messages")).isOne();
    }
  }

  @Test
  void whatAClientDoesNotAcknowledgeInAllAttemptsLeavesTheMailbox() throws Exception {
    try (var gateway =
            TestGateway.start(
                Map.of(
                    "mailbox.for",
                    "1h",
                    "delivery.ackTimeout",
                    "100ms",
                    "delivery.maxAttempts",
                    "2"));
        var alice = WebSocketTestClient.connect(gateway.httpPort(), "user=alice")) {
      BlockingQueue<JsonObject> events = gateway.events();
      TestGateway.await(
          GatewayClient.create(gateway.vertx()).post(message("one", "user:alice", "600")));

      assertThat(await(events, "mailbox-undeliverable").getString("eventId")).isEqualTo("one");
      assertThat(((Message) alice.receive()).getEventId()).isEqualTo("one");
    }
  }
}

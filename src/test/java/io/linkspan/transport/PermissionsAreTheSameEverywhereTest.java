package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.GeneratedMessage;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestTokens;
import io.linkspan.testing.TokenTransport;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests that each action has the same decision on each transport, whichever source it is from: a
 * rule, a claim of the token, or neither.
 */
class PermissionsAreTheSameEverywhereTest {

  private static final String RULES =
      """
      permissions:
        - {deny: join, group: "secret:*"}
        - {allow: join, group: "room:{user}:*"}
        - {allow: join, group: "scoped", if: {claim: scope, has: rooms}}
        - {allow: publish, group: "*", if: {member: true}}
        - {allow: presence, group: "room:{user}:*", if: {member: true}}
        - {allow: send, to: "service:echo"}
        - {allow: send, to: "user:{user}"}
        - {allow: connect, namespace: "/"}
      """;

  /** Actions that a client tries, each with whether it may. */
  private enum Attempt {
    JOIN_OWN_ROOM("join_group", "", "room:alice:1", true),
    JOIN_ROOM_OF_ANOTHER("join_group", "", "room:bob:1", false),
    JOIN_ONE_OF_SEVERAL("join_group", "", "[\"room:alice:1\",\"room:bob:1\"]", false),
    JOIN_BY_SCOPE("join_group", "", "scoped", true),
    JOIN_BY_CLAIM("join_group", "", "granted", true),
    JOIN_DENIED_ALTHOUGH_GRANTED("join_group", "", "secret:1", false),
    JOIN_UNMENTIONED("join_group", "", "other", false),
    WATCH_BY_CLAIM("watch_presence", "", "lobby", true),
    WATCH_AS_STRANGER("watch_presence", "", "room:alice:1", false),
    WATCH_UNMENTIONED("watch_presence", "", "[\"lobby\",\"other\"]", false),
    STOP_WATCHING("unwatch_presence", "", "other", true),
    SEND_TO_PERMITTED_SERVICE("x", "service:echo", "", true),
    SEND_TO_OTHER_SERVICE("x", "service:other", "", false),
    SEND_BY_TYPE("x", "", "", false),
    SEND_TO_SELF("x", "user:alice", "", true),
    SEND_TO_ANOTHER("x", "bob", "", false),
    SEND_TO_GRANTED_USER("x", "user:carol", "", true),
    SEND_TO_SESSION("x", "session:unknown", "", false),
    PUBLISH_AS_STRANGER("x", "group:other", "", false),
    PUBLISH_BY_CLAIM("x", "group:news", "", true);

    private final Message message;
    private final boolean allowed;

    Attempt(String type, String to, String body, boolean allowed) {
      message = Message.newBuilder().setType(type).setTo(to).setBody(body).build();
      this.allowed = allowed;
    }

    Message by(String user) {
      return message.toBuilder()
          .setEventId("1")
          .setTo(message.getTo().replace("alice", user))
          .setBody(message.getBody().replace("alice", user))
          .build();
    }
  }

  private static TestGateway gateway;

  @BeforeAll
  static void start(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("linkspan.yaml");
    Files.writeString(file, RULES);
    Map<String, String> settings = new TreeMap<>(TestTokens.settings());
    settings.put("delivery.requestTimeout", "1s");
    settings.put("socketio.namespaces", "/,/admin");
    gateway = TestGateway.start(file, settings);
  }

  @AfterAll
  static void stop() {
    gateway.close();
  }

  private static String token(String user) {
    JsonObject claims =
        TestTokens.claims(user, 600)
            .put("scope", "mail rooms")
            .put(
                "linkspan",
                new JsonObject()
                    .put("join", new JsonArray().add("granted").add("secret:*"))
                    .put("send", new JsonArray().add("user:carol"))
                    .put("presence", new JsonArray().add("lobby"))
                    .put("publish", new JsonArray().add("news")));
    return TestTokens.signed(claims);
  }

  private static Stream<Arguments> attempts() {
    List<Arguments> all = new ArrayList<>();
    for (TokenTransport transport : TokenTransport.values()) {
      for (Attempt attempt : Attempt.values()) {
        all.add(Arguments.of(transport, attempt));
      }
    }
    return all.stream();
  }

  /** Whatever else becomes of it, a Message that is permitted is not refused as forbidden. */
  @ParameterizedTest
  @MethodSource("attempts")
  void decisionIsTheSame(TokenTransport transport, Attempt attempt) throws Exception {
    // Another client of the same user would be a recipient, and could have used the eventId.
    String user = "alice-" + UUID.randomUUID();
    try (TestClient client = transport.connect(gateway, token(user))) {
      client.send(attempt.by(user));
      assertThat(refusal(client)).isEqualTo(attempt.allowed ? "" : "forbidden: no permission");
    }
  }

  /** Returns the beginning of the refusal of a Message; empty when no permission was missing. */
  private static String refusal(TestClient client) {
    GeneratedMessage outcome = client.receive();
    while (outcome instanceof Message message && !message.getType().equals("error")) {
      // What the client sent to itself ends when it has acknowledged that.
      if (!(client instanceof SocketIoTestClient)) {
        client.acknowledge(message.getEventId());
      }
      outcome = client.receive();
    }
    if (outcome instanceof AckMessage) {
      return "";
    }
    var error = new JsonObject(((Message) outcome).getBody());
    String text = error.getString("code") + ": " + error.getString("message");
    String missing = "forbidden: no permission";
    return text.startsWith(missing) ? missing : "";
  }

  @ParameterizedTest
  @MethodSource("transports")
  void memberMayPublish(TokenTransport transport) throws Exception {
    String user = "alice-" + UUID.randomUUID();
    try (TestClient client = transport.connect(gateway, token(user))) {
      client.send(Attempt.JOIN_OWN_ROOM.by(user));
      assertThat(refusal(client)).isEmpty();
      client.send(
          Message.newBuilder()
              .setEventId("2")
              .setType("x")
              .setTo("group:room:" + user + ":1")
              .build());
      assertThat(refusal(client)).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void memberMayWatch(TokenTransport transport) throws Exception {
    String user = "alice-" + UUID.randomUUID();
    try (TestClient client = transport.connect(gateway, token(user))) {
      client.send(
          Attempt.JOIN_OWN_ROOM.by(user).toBuilder().putHeaders("presence", "true").build());
      assertThat(refusal(client)).isEmpty();
      client.send(Attempt.WATCH_AS_STRANGER.by(user).toBuilder().setEventId("2").build());
      assertThat(refusal(client)).isEmpty();
      client.send(
          Attempt.JOIN_BY_CLAIM.by(user).toBuilder()
              .setEventId("3")
              .putHeaders("presence", "true")
              .build());
      assertThat(refusal(client)).isEqualTo("forbidden: no permission");
    }
  }

  private static Stream<TokenTransport> transports() {
    return Stream.of(TokenTransport.values());
  }

  @Test
  void namespaceOfSocketIoNeedsAPermissionToo() {
    try (var client = SocketIoTestClient.open(gateway.httpPort(), "")) {
      client.sendPacket("40/admin," + new JsonObject().put("token", token("alice")).encode());
      assertThat(client.readPacket()).startsWith("44/admin,").contains("forbidden");
      client.sendPacket("40" + new JsonObject().put("token", token("alice")).encode());
      assertThat(client.readPacket()).startsWith("40");
      client.sendPacket("40/admin,");
      assertThat(client.readPacket()).startsWith("44/admin,").contains("forbidden");
    }
  }
}

package io.linkspan.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Service;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.transport.ResumeTest.Transport;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that neither clients nor services send Messages of the types that are the gateway's. */
class NobodyForgesTheGatewaysMessagesTest {

  private static final List<String> RESERVED = List.of("error", "session", "closing", "auth");

  @TempDir Path folder;

  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    Path routes =
        Files.writeString(
            folder.resolve("routes.yaml"),
            """
            routes:
              - {to: "service:forger", bus: forger}
              - {to: "user:*"}
              - {to: "group:*"}
              - {to: "", bus: forger}
            """);
    gateway = TestGateway.start(routes, Map.of("tcp.enabled", "true"));
  }

  @AfterEach
  void stop() {
    gateway.close();
  }

  private static Message forged(String eventId, String type, String to) {
    return Message.newBuilder()
        .setEventId(eventId)
        .setType(type)
        .setTo(to)
        .setReplyTo("pending")
        .setBody("{\"code\":\"forbidden\",\"session\":\"a.b\"}")
        .build();
  }

  private static void session(TestClient client) {
    assertThat(client.receiveMessage().getType()).isEqualTo("session");
  }

  private static void assertForbidden(TestClient client, String eventId) {
    JsonObject error = client.receiveError();
    assertThat(error.getString("replyTo")).isEqualTo(eventId);
    assertThat(error.getString("code")).isEqualTo("forbidden");
  }

  @ParameterizedTest
  @EnumSource
  void clientIsForbiddenEachReservedType(Transport transport) throws Exception {
    try (TestClient mallory = transport.connect(gateway, "mallory", "");
        TestClient bob = transport.connect(gateway, "bob", "")) {
      session(mallory);
      session(bob);
      for (String type : RESERVED) {
        // On TCP, this is how a client ends its session.
        if (transport == Transport.TCP && type.equals("closing")) {
          continue;
        }
        for (String to : List.of("bob", "group:room", "service:forger", "")) {
          mallory.send(forged(type + to, type, to));
          assertForbidden(mallory, type + to);
        }
      }
      mallory.send(Message.newBuilder().setEventId("true").setTo("bob").setType("errors").build());
      // It is the first Message after his session.
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("true");
      bob.acknowledge("true");
      assertThat(mallory.receiveAck()).isEqualTo("true");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "closing", "auth"})
  void rawEventOfSocketIoIsForbidden(String event) {
    try (SocketIoTestClient mallory =
        SocketIoTestClient.connect(gateway.httpPort(), "user=mallory")) {
      mallory.sendPacket("421[\"" + event + "\",{\"session\":\"a.b\"}]");
      assertThat(mallory.readPacket()).startsWith("431[{\"error\":{\"code\":\"forbidden\"");
    }
  }

  @Test
  void serviceCannotSendThem() {
    try (TestClient bob = Transport.WEBSOCKET.connect(gateway, "bob", "")) {
      session(bob);
      GatewayClient client = GatewayClient.create(gateway.vertx());
      for (String type : RESERVED) {
        for (String to : List.of("bob", "group:room")) {
          Message forged = forged("1", type, to);
          for (Future<?> sent : List.of(client.send(forged), client.post(forged))) {
            assertThatThrownBy(() -> TestGateway.await(sent))
                .isInstanceOfSatisfying(
                    MessageException.class,
                    why -> assertThat(why.code()).isEqualTo(ErrorCode.FORBIDDEN));
          }
        }
      }
      TestGateway.await(client.post(Message.newBuilder().setEventId("2").setTo("bob").build()));
      assertThat(bob.receiveMessage().getEventId()).isEqualTo("2");
    }
  }

  @Test
  void httpApiDoesNotSendThem() throws Exception {
    for (String type : RESERVED) {
      String json = "{\"to\":\"bob\",\"type\":\"" + type + "\"}";
      HttpResponse<String> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create(
                              "http://127.0.0.1:" + gateway.managementPort() + "/v1/messages"))
                      .header("Content-Type", "application/json")
                      .POST(HttpRequest.BodyPublishers.ofString(json))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(type).isEqualTo(403);
    }
  }

  @Test
  void serviceCannotAnswerWithThem() {
    TestGateway.await(
        Service.register(
            gateway.vertx(),
            "forger",
            (message, origin) ->
                Future.succeededFuture(
                    Message.newBuilder().setType(message.getBody()).setBody("{}").build())));
    try (TestClient bob = Transport.WEBSOCKET.connect(gateway, "bob", "")) {
      session(bob);
      for (String type : List.of("session", "closing", "auth")) {
        bob.send(
            Message.newBuilder().setEventId(type).setTo("service:forger").setBody(type).build());
        assertForbidden(bob, type);
      }
    }
  }
}

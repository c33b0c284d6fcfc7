package io.linkspan.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.junit5.VertxExtension;
import io.vertx.junit5.VertxTestContext;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Events and listings of sessions are read from the bus's JSON, also that of later versions. */
@ExtendWith(VertxExtension.class)
class SessionRecordsTest {

  private static final String AT = "2026-01-01T00:00:00.001Z";

  private static JsonObject eventJson(String event) {
    return new JsonObject()
        .put("event", event)
        .put("session", "s1")
        .put("user", "alice")
        .put("transport", "websocket")
        .put("node", "n1")
        .put("at", AT);
  }

  private static JsonObject sessionJson() {
    return new JsonObject()
        .put("session", "s1")
        .put("user", "alice")
        .put("transport", "enet")
        .put("node", "n1")
        .put("remote", "127.0.0.1:4711")
        .put("connectedAt", AT)
        .put("lastSeenAt", AT)
        .put("groups", new JsonArray().add("news").add("vip"))
        .put("pending", 3)
        .put("resumable", true);
  }

  @Test
  void everyTypeOfEventKeepsItsJson() {
    for (SessionEvent.Type type : SessionEvent.Type.values()) {
      JsonObject json = eventJson(type.label());
      assertThat(SessionEvent.of(json).type()).isEqualTo(type);
      assertThat(SessionEvent.of(json).toJson()).isEqualTo(json);
    }
    JsonObject joined = eventJson("joined").put("group", "news");
    assertThat(SessionEvent.of(joined).group()).isEqualTo("news");
    assertThat(SessionEvent.of(joined).toJson()).isEqualTo(joined);
    JsonObject disconnected = eventJson("disconnected").put("reason", "kicked").put("data", 7L);
    assertThat(SessionEvent.of(disconnected).data()).isEqualTo(7);
    assertThat(SessionEvent.of(disconnected).reason()).isEqualTo("kicked");
    assertThat(SessionEvent.of(disconnected).at()).isEqualTo(Instant.parse(AT));
    assertThat(SessionEvent.of(disconnected).toJson()).isEqualTo(disconnected);
  }

  @Test
  void anEventOfALaterVersionIsUnknownAndReadable() {
    SessionEvent event = SessionEvent.of(eventJson("teleported").put("planet", "mars"));
    assertThat(event.type()).isEqualTo(SessionEvent.Type.UNKNOWN);
    assertThat(event.user()).isEqualTo("alice");
  }

  @Test
  void fieldsThatAreMissingOrOfAnotherTypeAreAbsent() {
    SessionEvent event =
        SessionEvent.of(
            new JsonObject()
                .put("event", 7)
                .putNull("user")
                .put("at", "soon")
                .put("data", "7")
                .put("group", true));
    assertThat(event)
        .isEqualTo(
            new SessionEvent(
                SessionEvent.Type.UNKNOWN, null, null, null, null, null, null, null, null));
    SessionInfo session =
        SessionInfo.of(
            new JsonObject()
                .put("session", 1)
                .put("groups", new JsonArray().add(7).add("news").addNull())
                .put("pending", "many"));
    assertThat(session)
        .isEqualTo(
            new SessionInfo(null, null, null, null, null, null, null, List.of("news"), 0, false));
    assertThat(SessionInfo.of(new JsonObject().put("groups", "none")).groups()).isEmpty();
  }

  @Test
  void aSessionKeepsItsJson() {
    SessionInfo session = SessionInfo.of(sessionJson().put("colour", "red"));
    assertThat(session.connectedAt()).isEqualTo(Instant.parse(AT));
    assertThat(session.groups()).containsExactly("news", "vip");
    assertThat(session.pending()).isEqualTo(3);
    assertThat(session.toJson().encode()).isEqualTo(sessionJson().encode());
    JsonObject withoutLink =
        sessionJson().putNull("transport").putNull("remote").putNull("lastSeenAt");
    assertThat(SessionInfo.of(withoutLink).toJson()).isEqualTo(withoutLink);
  }

  @Test
  void aListenerReceivesEveryEventOfTheBus(Vertx vertx, VertxTestContext test) {
    List<SessionEvent.Type> types = new ArrayList<>();
    GatewayClient clients = GatewayClient.create(vertx);
    clients
        .events(
            event -> {
              types.add(event.type());
              if (event.type() == SessionEvent.Type.EXPIRED) {
                test.verify(
                    () -> {
                      assertThat(types)
                          .containsExactly(
                              SessionEvent.Type.RESUMED,
                              SessionEvent.Type.UNKNOWN,
                              SessionEvent.Type.EXPIRED);
                      test.completeNow();
                    });
              }
            })
        .completion()
        .onComplete(
            test.succeeding(
                v -> {
                  vertx.eventBus().publish(Addresses.EVENTS, eventJson("resumed"));
                  vertx.eventBus().publish(Addresses.EVENTS, eventJson("teleported"));
                  vertx.eventBus().publish(Addresses.EVENTS, eventJson("expired"));
                }));
  }

  @Test
  void aPageOfSessionsIsRead(Vertx vertx, VertxTestContext test) {
    vertx
        .eventBus()
        .<JsonObject>consumer(
            Addresses.CONTROL,
            request ->
                request.reply(
                    new JsonObject()
                        .put("sessions", new JsonArray().add(sessionJson()))
                        .put("next", "s1")
                        .put("total", 9)));
    GatewayClient.create(vertx)
        .sessions(SessionQuery.ALL)
        .onComplete(
            test.succeeding(
                page ->
                    test.verify(
                        () -> {
                          assertThat(page.sessions())
                              .containsExactly(SessionInfo.of(sessionJson()));
                          assertThat(page.next()).isEqualTo("s1");
                          test.completeNow();
                        })));
  }
}

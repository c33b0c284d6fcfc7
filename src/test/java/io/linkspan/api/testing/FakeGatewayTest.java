package io.linkspan.api.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.GroupInfo;
import io.linkspan.api.GroupUser;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.OrdersExample;
import io.linkspan.api.Origin;
import io.linkspan.api.Service;
import io.linkspan.api.SessionEvent;
import io.linkspan.api.SessionInfo;
import io.linkspan.api.SessionQuery;
import io.linkspan.testing.Patience;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Services and clients meet over a real event bus, without a gateway. */
@Timeout(30)
class FakeGatewayTest {

  private final Vertx vertx = Vertx.vertx();
  private FakeGateway gateway;
  private GatewayClient service;

  @BeforeEach
  void start() {
    gateway = FakeGateway.start(vertx).await();
    service = GatewayClient.create(vertx);
  }

  @AfterEach
  void stop() {
    vertx.close().await();
  }

  private static Message message(String body) {
    return Message.newBuilder().setBody(body).build();
  }

  private static Message messageTo(String to, String body) {
    return Message.newBuilder().setTo(to).setBody(body).build();
  }

  private static ErrorCode refusalOf(Future<?> future) {
    return catchThrowableOfType(MessageException.class, future::await).code();
  }

  @Test
  void theServiceOfTheReadmeAnswersAClient() {
    vertx.deployVerticle(new OrdersExample()).await();
    Message answer = gateway.connect("alice").send("orders", message("tea")).await();
    assertThat(answer.getBody()).isEqualTo("alice ordered tea");
    assertThat(answer.getFrom()).isEqualTo("service:orders");
    assertThat(answer.getReplyTo()).isNotEmpty();
    assertThat(answer.getEventId()).isNotEmpty().isNotEqualTo(answer.getReplyTo());
    assertThat(answer.getCreateAt()).endsWith("Z");
  }

  @Test
  void aServiceReceivesTheOriginAndACompleteMessage() {
    BlockingQueue<Object> served = new LinkedBlockingQueue<>();
    Service.register(
            vertx,
            "any",
            (message, origin) -> {
              served.add(message);
              served.add(origin);
              return Future.succeededFuture();
            })
        .await();
    FakeGateway.Client alice = gateway.connect("alice", "enet");
    Message request = message("x").toBuilder().setFrom("mallory").setTo("service:other").build();
    assertThat(alice.send("any", request).await()).isNull();
    Message received = (Message) served.remove();
    assertThat(received.getFrom()).isEqualTo("alice");
    assertThat(received.getTo()).isEqualTo("service:other");
    assertThat(received.getEventId()).isNotEmpty();
    Origin origin = (Origin) served.remove();
    assertThat(origin).isEqualTo(alice.origin());
    assertThat(origin.transport()).isEqualTo("enet");
  }

  @Test
  void theTypesOfTheGatewayAreForbiddenAndAnErrorIsARefusal() {
    Service.register(
            vertx,
            "types",
            (message, origin) ->
                Future.succeededFuture(
                    Message.newBuilder()
                        .setType(message.getBody())
                        .setBody("{\"code\":\"rate-limited\"}")
                        .build()))
        .await();
    FakeGateway.Client alice = gateway.connect("alice");
    assertThat(refusalOf(alice.send("types", message("error")))).isEqualTo(ErrorCode.RATE_LIMITED);
    assertThat(refusalOf(alice.send("types", message("session")))).isEqualTo(ErrorCode.FORBIDDEN);
    Message forged = messageTo("alice", "x").toBuilder().setType("closing").build();
    assertThat(refusalOf(service.send(forged))).isEqualTo(ErrorCode.FORBIDDEN);
    assertThat(alice.received()).isEmpty();
  }

  @Test
  void aClientReceivesTheRefusalOfAService() {
    Service.register(
            vertx,
            "busy",
            (message, origin) ->
                Future.failedFuture(new MessageException(ErrorCode.RATE_LIMITED, "slowly", 1500)))
        .await();
    FakeGateway.Client alice = gateway.connect("alice");
    var refusal =
        catchThrowableOfType(
            MessageException.class, () -> alice.send("busy", message("x")).await());
    assertThat(refusal.code()).isEqualTo(ErrorCode.RATE_LIMITED);
    assertThat(refusal.retryAfterMs()).isEqualTo(1500);
    assertThat(refusalOf(alice.send("nobody", message("x")))).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void aClientAcknowledgesUnlessToldOtherwise() {
    FakeGateway.Client alice = gateway.connect("alice");
    var delivery = service.send(messageTo("alice", "hello")).await();
    assertThat(delivery.by()).isEqualTo(By.CLIENT);
    assertThat(delivery.reply()).isNull();
    assertThat(alice.receive().await().getBody()).isEqualTo("hello");
    assertThat(alice.received()).extracting(Message::getBody).containsExactly("hello");
  }

  @Test
  void aClientRepliesRefusesOrStaysSilent() {
    FakeGateway.Client alice = gateway.connect("alice");
    alice.onMessage(question -> Future.succeededFuture(message(question.getBody() + "!")));
    Message reply = service.send(messageTo("session:" + alice.session(), "yes")).await().reply();
    assertThat(reply.getBody()).isEqualTo("yes!");
    assertThat(reply.getFrom()).isEqualTo("alice");
    assertThat(reply.getReplyTo()).isEqualTo(alice.received().get(0).getEventId());
    alice.onMessage(
        question -> {
          throw new MessageException(ErrorCode.TOO_LARGE, "no");
        });
    assertThat(refusalOf(service.send(messageTo("alice", "x")))).isEqualTo(ErrorCode.TOO_LARGE);
    alice.onMessage(question -> Promise.<Message>promise().future());
    assertThat(refusalOf(service.send(messageTo("alice", "x"), Duration.ofMillis(50))))
        .isEqualTo(ErrorCode.TIMEOUT);
    service.post(messageTo("alice", "x")).await();
    Message late = messageTo("alice", "x").toBuilder().putHeaders(Headers.VOLATILE, "true").build();
    assertThat(service.send(late).await().by()).isEqualTo(By.TRANSPORT);
  }

  @Test
  void aMessageReachesAllSessionsOfAUserAndTheFirstReplyCounts() {
    FakeGateway.Client silent = gateway.connect("alice");
    FakeGateway.Client refusing = gateway.connect("alice");
    FakeGateway.Client replying = gateway.connect("alice");
    silent.onMessage(message -> Promise.<Message>promise().future());
    refusing.onMessage(message -> Future.failedFuture(new IllegalStateException()));
    replying.onMessage(message -> Future.succeededFuture(message("here")));
    assertThat(service.send(messageTo("user:alice", "?")).await().reply().getBody())
        .isEqualTo("here");
    assertThat(List.of(silent, refusing, replying))
        .allSatisfy(client -> assertThat(client.received()).hasSize(1));
    silent.disconnect();
    replying.disconnect();
    assertThat(refusalOf(service.send(messageTo("alice", "?")))).isEqualTo(ErrorCode.INTERNAL);
  }

  @Test
  void onlyWhoIsConnectedIsReached() {
    FakeGateway.Client alice = gateway.connect("alice");
    gateway.connect("bob");
    assertThat(refusalOf(service.send(messageTo("carol", "x"))))
        .isEqualTo(ErrorCode.NO_SUCH_RECIPIENT);
    assertThat(refusalOf(service.post(messageTo("session:none", "x"))))
        .isEqualTo(ErrorCode.NO_SUCH_RECIPIENT);
    assertThat(refusalOf(service.send(messageTo("service:x", "x")))).isEqualTo(ErrorCode.MALFORMED);
    assertThat(refusalOf(service.send(message("x")))).isEqualTo(ErrorCode.MALFORMED);
    alice.disconnect();
    alice.disconnect();
    assertThat(refusalOf(service.send(messageTo("alice", "x"))))
        .isEqualTo(ErrorCode.NO_SUCH_RECIPIENT);
    assertThatThrownBy(() -> alice.send("any", message("x")))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aGroupHasTheSessionsThatServicesAndTestsPutThere() {
    FakeGateway.Client alice = gateway.connect("alice");
    FakeGateway.Client bob = gateway.connect("bob");
    FakeGateway.Client carol = gateway.connect("carol");
    alice.join("news");
    service.join(bob.session(), "news").await();
    service.join(carol.session(), "news").await();
    assertThat(service.members("news").await()).isEqualTo(3);
    service.leave(carol.session(), "news").await();
    assertThat(bob.groups()).containsExactly("news");
    assertThat(service.send(messageTo("group:news", "all")).await().by()).isEqualTo(By.TRANSPORT);
    assertThat(alice.receive().await().getBody()).isEqualTo("all");
    assertThat(bob.receive().await().getBody()).isEqualTo("all");
    assertThat(carol.received()).isEmpty();
    service.post(messageTo("group:empty", "all")).await();
    assertThat(refusalOf(service.join("none", "news"))).isEqualTo(ErrorCode.NO_SUCH_RECIPIENT);
    assertThat(refusalOf(service.members(""))).isEqualTo(ErrorCode.MALFORMED);
  }

  @Test
  void sessionsAreListedPageByPage() {
    FakeGateway.Client first = gateway.connect("alice");
    FakeGateway.Client second = gateway.connect("alice", "enet");
    gateway.connect("bob");
    first.join("news");
    assertThat(service.presence("alice").await()).isEqualTo(2);
    assertThat(service.presence("nobody").await()).isZero();
    SessionInfo listed = service.sessions("alice").await().get(0);
    assertThat(listed.session()).isEqualTo(first.session());
    assertThat(listed.groups()).containsExactly("news");
    var page = service.sessions(SessionQuery.ALL.atMost(1)).await();
    assertThat(page.sessions()).extracting(SessionInfo::session).containsExactly(first.session());
    page = service.sessions(SessionQuery.ALL.after(page.next())).await();
    assertThat(page.sessions()).extracting(SessionInfo::user).containsExactly("alice", "bob");
    assertThat(page.next()).isNull();
    assertThat(service.sessions(SessionQuery.ALL.connectedBy("enet")).await().sessions())
        .extracting(SessionInfo::session)
        .containsExactly(second.session());
    assertThat(service.sessions(SessionQuery.ALL.inGroup("news")).await().sessions()).hasSize(1);
    assertThat(service.sessions(SessionQuery.ALL.ofSession(second.session())).await().sessions())
        .extracting(SessionInfo::session)
        .containsExactly(second.session());
    assertThat(service.sessions(SessionQuery.ALL.from("127.0.0.1")).await().sessions()).hasSize(3);
    assertThat(service.sessions(SessionQuery.ALL.from("127.0.0.2")).await().sessions()).isEmpty();
  }

  @Test
  void groupsAreListedPageByPage() {
    FakeGateway.Client alice = gateway.connect("alice");
    FakeGateway.Client bob = gateway.connect("bob");
    alice.join("news");
    bob.join("news");
    alice.join("chess");
    var page = service.groups(null, 1, null).await();
    assertThat(page.groups()).containsExactly(new GroupInfo("chess", 1));
    page = service.groups(null, 1, page.next()).await();
    assertThat(page.groups()).containsExactly(new GroupInfo("news", 2));
    assertThat(page.next()).isNull();
    assertThat(service.groups("ne", 10, null).await().groups()).hasSize(1);
  }

  @Test
  void usersOfAGroupAreListedPageByPage() {
    gateway.connect("alice").join("news");
    gateway.connect("bob").join("news");
    gateway.connect("bob").join("news");
    gateway.connect("carol").join("chess");
    var page = service.users("news", 1, null).await();
    assertThat(page.users()).containsExactly(new GroupUser("alice", 1));
    page = service.users("news", 1, page.next()).await();
    assertThat(page.users()).containsExactly(new GroupUser("bob", 2));
    assertThat(page.next()).isNull();
    assertThat(service.users("none", 10, null).await().users()).isEmpty();
  }

  @Test
  void changesOfSessionsAreEvents() throws InterruptedException {
    BlockingQueue<SessionEvent> events = new LinkedBlockingQueue<>();
    service.events(events::add).completion().await();
    FakeGateway.Client alice = gateway.connect("alice");
    alice.join("news");
    alice.join("news");
    service.disconnect(alice.session()).await();
    gateway.publish(
        new SessionEvent(
            SessionEvent.Type.RESUMED, "s", "bob", "tcp", "other", null, null, null, null));
    for (SessionEvent.Type type :
        List.of(
            SessionEvent.Type.CONNECTED,
            SessionEvent.Type.JOINED,
            SessionEvent.Type.LEFT,
            SessionEvent.Type.DISCONNECTED)) {
      SessionEvent event = events.poll(Patience.SECONDS, TimeUnit.SECONDS);
      assertThat(event.type()).isEqualTo(type);
      assertThat(event.session()).isEqualTo(alice.session());
      assertThat(event.reason())
          .isEqualTo(type == SessionEvent.Type.DISCONNECTED ? "kicked" : null);
    }
    assertThat(events.poll(Patience.SECONDS, TimeUnit.SECONDS).user()).isEqualTo("bob");
    assertThat(service.presence("alice").await()).isZero();
  }

  @Test
  void afterClosingServicesReachNobody() {
    gateway.connect("alice");
    gateway.close().await();
    assertThat(refusalOf(service.send(messageTo("alice", "x")))).isEqualTo(ErrorCode.UNAVAILABLE);
  }
}

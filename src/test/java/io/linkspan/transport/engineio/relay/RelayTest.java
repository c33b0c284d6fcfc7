package io.linkspan.transport.engineio.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.linkspan.testing.Patience;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawHttp.Response;
import io.linkspan.testing.TestGateway;
import io.linkspan.transport.engineio.relay.wire.RelayCall;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that come to another node than that of their session. */
class RelayTest {

  private static final String V4 = "/socket.io/?EIO=4&transport=polling";
  private static final String V3 = "/socket.io/?EIO=3&transport=polling";
  private static final String SECRET = "abcdefghijklmnopqrstuvwx";
  private static final Duration PATIENCE = Patience.LONGEST;

  /** Where the sessions are, and where else their requests come. */
  private static final int HOME = 0;

  private static final int AWAY = 1;

  private final AtomicInteger questions = new AtomicInteger();
  private SocketIoNodes nodes;

  private void start(String... settings) {
    nodes = SocketIoNodes.start(settings);
    nodes
        .vertx()
        .eventBus()
        .addOutboundInterceptor(
            sending -> {
              if (sending.message().address().startsWith("linkspan.engine.")) {
                questions.incrementAndGet();
              }
              sending.next();
            });
  }

  @AfterEach
  void stop() {
    nodes.close();
  }

  private Response get(int node, String target) {
    return RawHttp.get(nodes.port(node), target).response();
  }

  private Response post(int node, String target, String body) {
    return RawHttp.post(nodes.port(node), target, body).response();
  }

  /** The target for requests of a new session of {@link #HOME} that is in the main namespace. */
  private String joined() {
    String open = get(HOME, V4).body();
    String target = V4 + "&sid=" + new JsonObject(open.substring(1)).getString("sid");
    assertThat(post(AWAY, target, "40").body()).isEqualTo("ok");
    Response joined = get(AWAY, target);
    assertThat(joined.body()).startsWith("40{\"sid\":");
    assertThat(joined.header("content-type")).isEqualTo("text/plain; charset=UTF-8");
    assertThat(joined.header("cache-control")).isEqualTo("no-store");
    return target;
  }

  private static void assertUnknown(Response response) {
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.header("content-type")).isEqualTo("application/json");
    assertThat(new JsonObject(response.body()).getInteger("code")).isEqualTo(1);
  }

  private void awaitEnd(String target) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertUnknown(post(HOME, target, "42[\"still there?\"]")));
  }

  /** Returns when the owner has one more question to answer than there were. */
  private RawHttp held(int node, String target) {
    int before = questions.get();
    RawHttp poll = RawHttp.get(nodes.port(node), target);
    await().atMost(PATIENCE).until(() -> questions.get() > before);
    return poll;
  }

  /** Sends a POST of that length to {@link #AWAY}, of which only the beginning is sent. */
  private RawHttp begun(String target, String beginning, int length) {
    int before = questions.get();
    RawHttp post =
        RawHttp.open(nodes.port(AWAY), "POST", target, "Content-Length: " + length)
            .send("\r\n" + beginning);
    await().atMost(PATIENCE).until(() -> questions.get() > before);
    return post;
  }

  /** How many requests that came to {@link #AWAY} ended so. */
  private double ended(String outcome) {
    return nodes
        .registry(AWAY)
        .get("linkspan.socketio.relayed")
        .tag("outcome", outcome)
        .counter()
        .count();
  }

  private double relays() {
    return nodes.registry(AWAY).get("linkspan.socketio.relays").gauge().value();
  }

  @Test
  void aClientMayReachItsSessionThroughAnyNode() {
    start();
    String target = joined();
    assertThat(post(AWAY, target, "421[\"event\",\"a\",\"€\"]").body()).isEqualTo("ok");
    assertThat(get(HOME, target).body()).isEqualTo("431[\"a\",\"€\"]");
    assertThat(post(HOME, target, "422[\"event\",\"b\"]").body()).isEqualTo("ok");
    assertThat(get(AWAY, target).body()).isEqualTo("432[\"b\"]");
    assertThat(ended("answered")).isEqualTo(4);
    assertThat(relays()).isZero();
  }

  @Test
  void aPostPipelinedBehindARelayedPollIsAnswered() {
    start();
    String target = joined();
    try (RawHttp poll = held(AWAY, target)) {
      poll.send(
          "POST "
              + target
              + " HTTP/1.1\r\nHost: x\r\nContent-Length: 16\r\n\r\n421[\"event\",\"a\"]");
      assertThat(poll.next().body()).isEqualTo("6");
      assertThat(poll.next().body()).isEqualTo("ok");
      assertThat(get(HOME, target).body()).isEqualTo("431[\"a\"]");
    }
  }

  @Test
  void aPollIsHeldUntilThereIsSomethingToSay() {
    start();
    String target = joined();
    RawHttp poll = held(AWAY, target);
    assertThat(relays()).isEqualTo(1);
    assertThat(post(HOME, target, "423[\"event\",\"c\"]").body()).isEqualTo("ok");
    assertThat(poll.response().body()).isEqualTo("433[\"c\"]");
  }

  @Test
  void aBodyComesInPiecesAndAsOne() {
    start();
    String target = joined();
    String text = "x".repeat(500_000);
    assertThat(post(AWAY, target, "424[\"event\",\"" + text + "\"]").body()).isEqualTo("ok");
    assertThat(get(AWAY, target).body()).isEqualTo("434[\"" + text + "\"]");
  }

  @Test
  void whoGivesUpARelayedPollIsGone() {
    start();
    String target = joined();
    held(AWAY, target).close();
    awaitEnd(target);
    assertThat(ended("aborted")).isEqualTo(1);
  }

  @Test
  void whoGivesUpARelayedPostIsGone() {
    start();
    String target = joined();
    begun(target, "42[", 100).close();
    awaitEnd(target);
  }

  @Test
  void twoPollsAtOnceAreTooManyOnAnyTwoNodes() {
    start();
    String target = joined();
    RawHttp first = held(AWAY, target);
    assertThat(get(HOME, target).status()).isEqualTo(400);
    assertThat(first.response().body()).isEqualTo("1");
    awaitEnd(target);
  }

  @Test
  void aBodyThatIsAnnouncedAsTooLongIsNotRead() {
    start("socketio.maxPayload", "2000");
    String target = joined();
    RawHttp post =
        RawHttp.open(nodes.port(AWAY), "POST", target, "Content-Length: 2001").send("\r\n");
    assertThat(post.response().status()).isEqualTo(413);
    awaitEnd(target);
  }

  @Test
  void aBodyThatGrowsTooLongIsNotReadToItsEnd() {
    start("socketio.maxPayload", "2000");
    String target = joined();
    RawHttp post =
        RawHttp.open(nodes.port(AWAY), "POST", target, "Transfer-Encoding: chunked")
            .send("\r\n7d1\r\n" + "x".repeat(2_001) + "\r\n");
    assertThat(post.response().status()).isEqualTo(413);
    awaitEnd(target);
  }

  @Test
  void aBodyThatDoesNotEndEndsItsSession() {
    start("socketio.pingTimeout", "500ms");
    String target = joined();
    RawHttp post =
        RawHttp.open(nodes.port(AWAY), "POST", target, "Content-Length: 100").send("\r\n42[");
    assertThatThrownBy(post::response).hasMessageContaining("the connection ended");
    awaitEnd(target);
    assertThat(ended("timed-out")).isEqualTo(1);
  }

  @Test
  void whoDoesNotKnowTheSecretHasNoBodyRead() {
    start();
    RawHttp post =
        RawHttp.open(
                nodes.port(AWAY), "POST", V4 + "&sid=first-0-" + SECRET, "Content-Length: 900000")
            .send("\r\n");
    assertUnknown(post.response());
    assertThat(questions).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "third-0-" + SECRET,
        "first-2-" + SECRET,
        "first-9999999999-" + SECRET,
        "first--1-" + SECRET,
        "first-0-short",
        "first-0-" + SECRET + "x",
        "first.0-0-" + SECRET,
        "second-0-" + SECRET,
        "first",
        "-0-" + SECRET,
      })
  void anIdThatNamesNoOtherNodeIsUnknownWithoutAQuestion(String sid) {
    start();
    assertUnknown(get(AWAY, V4 + "&sid=" + sid));
    assertUnknown(post(AWAY, V4 + "&sid=" + sid, "40"));
    assertThat(questions).hasValue(0);
  }

  @Test
  void aSessionIsUnknownAtOnceWhenItsNodeIsLost() {
    start();
    String target = joined();
    RawHttp poll = held(AWAY, target);
    nodes.lose(HOME);
    assertUnknown(poll.response());
    assertThat(ended("owner-gone")).isEqualTo(1);
    assertUnknown(post(AWAY, target, "42[\"event\"]"));
  }

  @Test
  void aSessionEndsWhenTheNodeThatHasItsPollIsLost() {
    start();
    String target = joined();
    held(AWAY, target);
    nodes.lose(AWAY);
    awaitEnd(target);
  }

  @Test
  void anUpgradeAtAnotherNodeIsRefusedAndTheSessionGoesOnPolling() {
    start();
    String target = joined();
    RawHttp upgrade =
        RawHttp.get(
            nodes.port(AWAY),
            target.replace("transport=polling", "transport=websocket"),
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    assertThat(upgrade.response().status()).isEqualTo(400);
    assertThat(post(AWAY, target, "425[\"event\",\"e\"]").body()).isEqualTo("ok");
    assertThat(get(AWAY, target).body()).isEqualTo("435[\"e\"]");
  }

  @Test
  void otherMethodsAreAnsweredAsAtHome() {
    start();
    String target = joined();
    Response put = RawHttp.open(nodes.port(AWAY), "PUT", target).send("\r\n").response();
    assertThat(put.status()).isEqualTo(405);
    assertThat(put.header("allow")).isEqualTo("GET, POST, OPTIONS");
  }

  @Test
  void aNodeRelaysNoMoreAtOnceThanItMay() {
    start("socketio.maxRelayed", "1");
    String target = joined();
    RawHttp poll = held(AWAY, target);
    Response second = post(AWAY, target, "426[\"event\",\"f\"]");
    assertThat(second.status()).isEqualTo(503);
    assertThat(second.header("retry-after")).isEqualTo("1");
    assertThat(ended("refused")).isEqualTo(1);
    assertThat(relays()).isEqualTo(1);
    assertThat(post(HOME, target, "427[\"event\",\"g\"]").body()).isEqualTo("ok");
    assertThat(poll.response().body()).isEqualTo("437[\"g\"]");
    assertThat(post(AWAY, target, "428[\"event\",\"h\"]").body()).isEqualTo("ok");
  }

  /** That the client is to go on at another node. */
  private static void assertSentAway(Response answer, String body) {
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("connection")).isEqualTo("close");
    assertThat(answer.body()).isEqualTo(body);
  }

  @Test
  void aDrainLetsGoOfThePollsThatItRelaysAndTheirSessionsGoOn() {
    start();
    String target = joined();
    RawHttp poll = held(AWAY, target);
    Future<Void> drained = nodes.drain(AWAY);
    assertSentAway(poll.response(), "6");
    TestGateway.await(drained);
    TestGateway.await(nodes.stop(AWAY));
    assertThat(post(HOME, target, "429[\"event\",\"i\"]").body()).isEqualTo("ok");
    assertThat(get(HOME, target).body()).isEqualTo("439[\"i\"]");
  }

  @Test
  void anOldClientIsLetGoOfInItsOwnWords() {
    start();
    String open = get(HOME, V3).body();
    String packet = open.substring(open.indexOf('{'), open.lastIndexOf('}') + 1);
    String target = V3 + "&sid=" + new JsonObject(packet).getString("sid");
    if (!open.endsWith("2:40")) {
      assertThat(get(HOME, target).body()).isEqualTo("2:40");
    }
    RawHttp poll = held(AWAY, target);
    nodes.drain(AWAY);
    assertSentAway(poll.response(), "1:6");
  }

  @Test
  void aDrainEndsTheConnectionsBehindTheAnswers() {
    start();
    RawHttp poll = held(AWAY, joined());
    nodes.drain(AWAY);
    assertThat(poll.interim()).containsIgnoringCase("connection: close");
    poll.awaitEnd();
  }

  @Test
  void aDrainWaitsForThePostsThatItRelays() {
    start();
    String target = joined();
    String body = "420[\"event\",\"j\"]";
    RawHttp post = begun(target, body.substring(0, 5), body.length());
    Future<Void> drained = nodes.drain(AWAY);
    assertThat(get(AWAY, V4).status()).as("the drain has begun").isEqualTo(503);
    assertThat(drained.isComplete()).isFalse();
    assertSentAway(post.send(body.substring(5)).response(), "ok");
    TestGateway.await(drained);
    assertThat(get(HOME, target).body()).isEqualTo("430[\"j\"]");
  }

  @Test
  void whoComesDuringADrainIsServedUntilTheNodeEnds() {
    start();
    String target = joined();
    TestGateway.await(nodes.drain(AWAY));
    RawHttp poll = held(AWAY, target);
    assertSentAway(post(AWAY, target, "421[\"event\",\"k\"]"), "ok");
    assertSentAway(poll.response(), "431[\"k\"]");
    RawHttp last = held(AWAY, target);
    Future<Void> stopped = nodes.stop(AWAY);
    assertSentAway(last.response(), "6");
    TestGateway.await(stopped);
    assertThat(post(HOME, target, "422[\"event\",\"l\"]").body()).isEqualTo("ok");
    assertThat(get(HOME, target).body()).isEqualTo("432[\"l\"]");
  }

  @Test
  void aDrainGivesUpAPollThatItsOwnerDoesNotLetGoOf() {
    start();
    String target = joined();
    nodes
        .vertx()
        .eventBus()
        .addOutboundInterceptor(
            sending -> {
              if (!(sending.message().body() instanceof RelayCall call && call.hasRelease())) {
                sending.next();
              }
            });
    RawHttp poll = held(AWAY, target);
    Future<Void> drained = nodes.drain(AWAY);
    assertThatThrownBy(poll::response).hasMessageContaining("the connection ended");
    TestGateway.await(drained);
    awaitEnd(target);
    assertThat(ended("timed-out")).isEqualTo(1);
  }

  @Test
  void whoIsCutByItsSessionIsCountedSo() {
    start();
    String target = joined();
    RawHttp post = begun(target, "42[", 100);
    assertThat(post(HOME, target, "1").status()).isEqualTo(400);
    post.send("x".repeat(97));
    assertThatThrownBy(post::response).hasMessageContaining("the connection ended");
    assertThat(ended("cut")).isEqualTo(1);
  }
}

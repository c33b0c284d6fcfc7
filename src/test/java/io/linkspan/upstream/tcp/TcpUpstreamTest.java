package io.linkspan.upstream.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.GeneratedMessage;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TcpService;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests a route to a TCP service on real sockets. */
class TcpUpstreamTest {

  private static final String ACKNOWLEDGED = "acknowledged";

  @TempDir Path folder;

  private TcpService service;
  private TestGateway gateway;

  @BeforeEach
  void listen() {
    service = TcpService.start();
  }

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
    service.close();
  }

  /**
   * Starts a gateway with a route to the service.
   *
   * @param tcp keys of the route's {@code tcp}, after host and port
   * @param more further keys of the route
   */
  private void start(String tcp, String more) throws IOException {
    String route =
        """
        upstream: {retries: 0, timeout: 10s, tcp: {pause: 50ms, maxPause: 200ms}}
        routes:
          - {to: "service:plc", tcp: {host: 127.0.0.1, port: %d%s}%s}
        """
            .formatted(service.port(), tcp, more);
    gateway = TestGateway.start(Files.writeString(folder.resolve("tcp.yaml"), route), Map.of());
  }

  private WebSocketTestClient client(String user) {
    return WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=" + user);
  }

  private static Message question(String eventId) {
    return Message.newBuilder().setEventId(eventId).setTo("service:plc").setBody("q").build();
  }

  private static JsonObject readQuestion(RawTcp link) {
    return new JsonObject(link.readLine()).getJsonObject("message");
  }

  private static String answer(String replyTo, String body) {
    return "{\"message\":{\"replyTo\":\"%s\",\"body\":\"%s\"}}\n".formatted(replyTo, body);
  }

  private static void assertAnswered(WebSocketTestClient client, String eventId, String body) {
    assertThat(client.receiveAck()).isEqualTo(eventId);
    Message answer = client.receiveMessage();
    assertThat(answer.getReplyTo()).isEqualTo(eventId);
    assertThat(answer.getBody()).isEqualTo(body);
    assertThat(answer.getFrom()).isEqualTo("service:plc");
  }

  private static void assertRefused(WebSocketTestClient client, String eventId, String code) {
    JsonObject error = client.receiveError();
    assertThat(error.getString("code")).as(error.encode()).isEqualTo(code);
    assertThat(error.getString("replyTo")).isEqualTo(eventId);
  }

  @Test
  void answersOutOfOrderReachTheirSenders() throws IOException {
    start("", "");
    try (WebSocketTestClient alice = client("alice");
        RawTcp link = service.accept()) {
      for (String id : new String[] {"1", "2", "3", "4"}) {
        alice.send(question(id));
        JsonObject question = readQuestion(link);
        assertThat(question.getString("eventId")).isEqualTo(id);
        assertThat(question.getString("from")).isEqualTo("alice");
      }
      link.send(answer("3", "c") + answer("1", "a"));
      // An acknowledgement between an empty line and malformed ones.
      link.send("\nnonsense\n{\"ack\":{\"eventId\":\"4\"}}\n" + answer("2", "b"));
      assertAnswered(alice, "3", "c");
      assertAnswered(alice, "1", "a");
      assertThat(alice.receiveAck()).isEqualTo("4");
      assertAnswered(alice, "2", "b");
    }
  }

  @Test
  void answersInOrderNeedNotNameTheirMessage() throws IOException {
    start(", inOrder: true", "");
    try (WebSocketTestClient alice = client("alice");
        RawTcp link = service.accept()) {
      for (String id : new String[] {"1", "2", "3"}) {
        alice.send(question(id));
        assertThat(readQuestion(link).getString("eventId")).isEqualTo(id);
      }
      link.send("{\"body\":\"a\"}\nnonsense\n{\"message\":{\"body\":\"c\"}}\n");
      assertAnswered(alice, "1", "a");
      assertRefused(alice, "2", "internal");
      assertAnswered(alice, "3", "c");
    }
  }

  @Test
  void refusalOfTheServiceIsPassedOn() throws IOException {
    start("", "");
    try (WebSocketTestClient alice = client("alice");
        RawTcp link = service.accept()) {
      String[] refusals = {
        "{\\\"code\\\":\\\"forbidden\\\",\\\"message\\\":\\\"not you\\\"}", "out of paper"
      };
      String[] codes = {"forbidden", "internal"};
      String[] texts = {"not you", "out of paper"};
      for (int i = 0; i < refusals.length; i++) {
        alice.send(question("q" + i));
        readQuestion(link);
        link.send(
            "{\"message\":{\"type\":\"error\",\"replyTo\":\"q%d\",\"body\":\"%s\"}}\n"
                .formatted(i, refusals[i]));
        JsonObject error = alice.receiveError();
        assertThat(error.getString("code")).isEqualTo(codes[i]);
        assertThat(error.getString("message")).isEqualTo(texts[i]);
      }
    }
  }

  @Test
  void truncatedAnswerIsIgnoredAndTheLinkIsReopened() throws IOException {
    start("", "");
    try (WebSocketTestClient alice = client("alice")) {
      try (RawTcp link = service.accept()) {
        alice.send(question("1"));
        alice.send(question("2"));
        readQuestion(link);
        readQuestion(link);
        link.send(answer("1", "whole") + answer("2", "half").substring(0, 20));
      }
      assertAnswered(alice, "1", "whole");
      assertRefused(alice, "2", "unavailable");
      try (RawTcp link = service.accept()) {
        alice.send(question("3"));
        readQuestion(link);
        link.send(answer("3", "again"));
        assertAnswered(alice, "3", "again");
      }
    }
  }

  @Test
  void messageOfALostLinkIsRetriedWithTheSameEventId() throws IOException {
    start(", retries: 3, backoff: 10ms", "");
    try (WebSocketTestClient alice = client("alice")) {
      try (RawTcp link = service.accept()) {
        alice.send(question("1"));
        readQuestion(link);
      }
      try (RawTcp link = service.accept()) {
        assertThat(readQuestion(link).getString("eventId")).isEqualTo("1");
        link.send(answer("1", "at last"));
        assertAnswered(alice, "1", "at last");
      }
    }
  }

  @Test
  void serviceIsUnavailableUntilItListens() throws IOException {
    service.close();
    start(", breaker: {failures: 64, of: 64}", "");
    try (WebSocketTestClient alice = client("alice")) {
      alice.send(question("early"));
      assertRefused(alice, "early", "unavailable");
      service = TcpService.start(service.port());
      try (RawTcp link = service.accept()) {
        alice.send(question("1"));
        readQuestion(link);
        link.send(answer("1", "here"));
        assertAnswered(alice, "1", "here");
      }
    }
  }

  @Test
  void heldMessagesAreDeliveredInOrderOnceTheServiceListens() throws IOException {
    service.close();
    start(", breaker: {failures: 1, of: 1, pause: 50ms, maxPause: 100ms}", ", hold: {for: 20s}");
    try (WebSocketTestClient alice = client("alice")) {
      for (String id : new String[] {"1", "2", "3"}) {
        alice.send(question(id));
      }
      service = TcpService.start(service.port());
      try (RawTcp link = service.accept()) {
        for (String id : new String[] {"1", "2", "3"}) {
          assertThat(readQuestion(link).getString("eventId")).isEqualTo(id);
          link.send(answer(id, "late " + id));
          assertAnswered(alice, id, "late " + id);
        }
      }
    }
  }

  @Test
  void silentServiceIsATimeoutAndItsLinkIsReplaced() throws IOException {
    start(", timeout: 200ms", "");
    try (WebSocketTestClient alice = client("alice");
        RawTcp dead = service.accept()) {
      alice.send(question("1"));
      assertRefused(alice, "1", "timeout");
      readQuestion(dead);
      assertThat(dead.atEnd()).isTrue();
      service.accept().close();
    }
  }

  @Test
  void lateAnswerIsNotTakenForTheNextMessages() throws IOException {
    start(", timeout: 200ms, inOrder: true", "");
    try (WebSocketTestClient alice = client("alice");
        RawTcp slow = service.accept()) {
      alice.send(question("1"));
      readQuestion(slow);
      assertRefused(alice, "1", "timeout");
      assertThat(slow.atEnd()).isTrue();
    }
  }

  @Test
  void sameEventIdOfTwoUsersGetsTheRightAnswers() throws IOException {
    start("", "");
    try (WebSocketTestClient alice = client("alice");
        WebSocketTestClient bob = client("bob");
        RawTcp link = service.accept()) {
      alice.send(question("1"));
      readQuestion(link);
      bob.send(question("1"));
      assertThat(readQuestion(link).getString("eventId")).isEqualTo("1~bob");
      link.send(answer("1~bob", "for bob") + answer("1", "for alice"));
      assertAnswered(bob, "1", "for bob");
      assertAnswered(alice, "1", "for alice");
    }
  }

  @Test
  void messageBeyondTheQueueLimitIsQueueFull() throws IOException {
    start(", concurrency: 1, queue: 1", "");
    try (WebSocketTestClient alice = client("alice");
        RawTcp link = service.accept()) {
      alice.send(question("1"));
      readQuestion(link);
      alice.send(question("2"));
      alice.send(question("3"));
      assertRefused(alice, "3", "queue-full");
      link.send(answer("1", "a"));
      assertAnswered(alice, "1", "a");
      assertThat(readQuestion(link).getString("eventId")).isEqualTo("2");
      link.send(answer("2", "b"));
      assertAnswered(alice, "2", "b");
    }
  }

  @Test
  void messagesGoToTheLeastBusyLink() throws IOException {
    start(", links: 2", "");
    try (WebSocketTestClient alice = client("alice");
        RawTcp one = service.accept();
        RawTcp other = service.accept()) {
      alice.send(question("long"));
      await().until(() -> one.hasInput() || other.hasInput());
      RawTcp busy = one.hasInput() ? one : other;
      RawTcp idle = busy == one ? other : one;
      readQuestion(busy);
      // The gateway may not have seen that the other link is open.
      RawTcp taker;
      int probe = 0;
      do {
        String id = "p" + probe++;
        alice.send(question(id));
        await().until(() -> one.hasInput() || other.hasInput());
        taker = busy.hasInput() ? busy : idle;
        readQuestion(taker);
        taker.send(answer(id, "short"));
        assertAnswered(alice, id, "short");
      } while (taker == busy);
      busy.send(answer("long", "done"));
      assertAnswered(alice, "long", "done");
    }
  }

  @Test
  void malformedOrOversizedFrameClosesTheLink() throws IOException {
    start(", framing: {maxFrameSize: 1KiB}", "");
    try (WebSocketTestClient alice = client("alice")) {
      try (RawTcp link = service.accept()) {
        alice.send(question("large").toBuilder().setBody("x".repeat(1024)).build());
        assertRefused(alice, "large", "too-large");
        alice.send(question("1"));
        readQuestion(link);
        link.send(answer("1", "x".repeat(1024)));
        assertRefused(alice, "1", "unavailable");
        assertThat(link.atEnd()).isTrue();
      }
      service.accept().close();
    }
  }

  @Test
  void lengthPrefixedFramesAreSupported() throws IOException {
    start(", framing: {kind: length-field}", "");
    try (WebSocketTestClient alice = client("alice");
        RawTcp link = service.accept()) {
      alice.send(question("1"));
      byte[] frame = link.read(ByteBuffer.wrap(link.read(4)).getInt());
      Message question = Message.parseFrom(Arrays.copyOfRange(frame, 2, frame.length));
      assertThat(question.getEventId()).isEqualTo("1");
      link.send(
          TcpTestClient.frame(Message.newBuilder().setReplyTo("1").setBody("binary").build()));
      assertAnswered(alice, "1", "binary");
    }
  }

  /** Answers the Messages of each link, and sometimes closes the link instead. */
  private Thread serveUnreliably(Random random, Set<String> seen) {
    Thread acceptor =
        new Thread(
            () -> {
              for (RawTcp link; (link = service.acceptUnlessClosed()) != null; ) {
                RawTcp taken = link;
                new Thread(() -> serveUnreliably(taken, random, seen), "link").start();
              }
            },
            "service");
    acceptor.start();
    return acceptor;
  }

  private static void serveUnreliably(RawTcp link, Random random, Set<String> seen) {
    try (link) {
      while (random.nextInt(10) > 0) {
        String id = readQuestion(link).getString("eventId");
        seen.add(id);
        String answer = answer(id, "a" + id);
        if (random.nextInt(20) == 0) {
          link.send(answer.substring(0, random.nextInt(answer.length())));
          return;
        }
        link.send(answer);
      }
      // Reads a Message that is never answered.
      readQuestion(link);
    } catch (AssertionError | UncheckedIOException e) {
      // The gateway closed the link.
    }
  }

  @RepeatedTest(3)
  void everyMessageEndsOnceAndCorrectlyWhileLinksBreak(RepetitionInfo seed) throws Exception {
    int count = 300;
    start(
        ", links: 3, concurrency: 16, retries: 10, backoff: 5ms, within: 2m,"
            + " breaker: {failures: 64, of: 64}",
        "");
    Set<String> seen = ConcurrentHashMap.newKeySet();
    Thread acceptor = serveUnreliably(new Random(seed.getCurrentRepetition()), seen);
    Map<String, String> ends = new HashMap<>();
    Set<String> answered = new HashSet<>();
    try (WebSocketTestClient alice = client("alice")) {
      for (int i = 0; i < count; i++) {
        alice.send(question("m" + i));
      }
      while (ends.size() < count
          || answered.size() < Collections.frequency(ends.values(), ACKNOWLEDGED)) {
        GeneratedMessage next = alice.receive();
        if (next instanceof AckMessage ack) {
          assertThat(ends.put(ack.getEventId(), ACKNOWLEDGED)).as(ack.getEventId()).isNull();
          continue;
        }
        Message message = (Message) next;
        String id = message.getReplyTo();
        if (message.getType().equals("error")) {
          assertThat(ends.put(id, message.getBody())).as(id).isNull();
          assertThat(message.getBody()).containsAnyOf("unavailable", "timeout");
        } else {
          assertThat(message.getBody()).isEqualTo("a" + id);
          assertThat(answered.add(id)).as(id).isTrue();
        }
      }
    }
    service.close();
    acceptor.join();
    // The number depends on when links break; the loop above has waited for the answers.
    assertThat(answered).isNotEmpty();
    assertThat(seen).containsAll(answered);
  }
}

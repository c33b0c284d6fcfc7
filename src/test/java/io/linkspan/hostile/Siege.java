package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Message;
import io.linkspan.testing.Flood;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.netty.util.internal.PlatformDependent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A gateway that is attacked, and good clients that must be served meanwhile, one for each loop.
 */
final class Siege implements AutoCloseable {

  /** More than all buffers of the system hold. */
  private static final long ENDLESS = 32L * 1024 * 1024;

  /** Round trips of the good clients without a byte that the gateway takes from an attacker. */
  private static final int QUIET = 30;

  private static final int LOOPS = 2;

  private final TestGateway gateway;
  private final List<WebSocketTestClient> good = new ArrayList<>();
  private final List<Flood> floods = new ArrayList<>();
  private final long start;
  private long highest;
  private int round;

  private Siege(TestGateway gateway) {
    this.gateway = gateway;
    for (int i = 0; i < LOOPS; i++) {
      good.add(WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=good" + i));
    }
    serve();
    start = PlatformDependent.usedDirectMemory();
    highest = start;
  }

  static Siege start(Map<String, String> settings) {
    Map<String, String> all = new java.util.HashMap<>(settings);
    all.put("eventLoops", Integer.toString(LOOPS));
    return new Siege(TestGateway.start(all));
  }

  TestGateway gateway() {
    return gateway;
  }

  /** Lets each good client send a request, and checks that it is answered. */
  void serve() {
    String id = Integer.toString(++round);
    Message request = Message.newBuilder().setEventId(id).setTo("service:echo").build();
    good.forEach(client -> client.send(request));
    for (WebSocketTestClient client : good) {
      assertThat(client.receiveAck()).isEqualTo(id);
      assertThat(client.receiveMessage().getReplyTo()).isEqualTo(id);
    }
    highest = Math.max(highest, PlatformDependent.usedDirectMemory());
  }

  /** Adds an attacker. */
  void add(Flood flood) {
    floods.add(flood);
  }

  /**
   * Sends until the gateway takes no more from any attacker, while the good clients are served.
   *
   * @param bound bytes of direct memory that the attack may cost
   */
  void assertHoldsWithin(long bound) {
    long sent = 0;
    for (int quiet = 0; quiet < QUIET && sent < ENDLESS * floods.size(); quiet++) {
      for (Flood flood : floods) {
        int pushed = flood.push();
        sent += pushed;
        if (pushed > 0) {
          quiet = 0;
        }
      }
      serve();
    }
    assertThat(floods).as("attackers from which nothing more is read").allMatch(this::isHeldOff);
    assertThat(highest - start).as("direct memory of the attack").isLessThan(bound);
  }

  private boolean isHeldOff(Flood flood) {
    return flood.refused() || flood.sent() < ENDLESS;
  }

  /** Ends the attack, and checks that nothing of it is left. */
  void assertRecovers() {
    floods.forEach(Flood::close);
    floods.clear();
    await()
        .untilAsserted(
            () -> {
              serve();
              assertThat(connections()).isEqualTo(LOOPS);
            });
  }

  /** Returns the number of links whose client has not joined. */
  int pending() {
    return (int) Scrape.metric(gateway.managementPort(), "linkspan_pending_links");
  }

  /** Returns the number of links that were dropped before their client joined. */
  int dropped() {
    return (int) Scrape.metric(gateway.managementPort(), "linkspan_pending_dropped_total");
  }

  private int connections() {
    return gateway.node().getJsonObject("connections").stream()
        .mapToInt(transport -> ((Number) transport.getValue()).intValue())
        .sum();
  }

  @Override
  public void close() {
    floods.forEach(Flood::close);
    good.forEach(client -> client.socket().close());
    gateway.close();
  }
}

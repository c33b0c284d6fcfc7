package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.hazelcast.config.Config;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.nio.Packet;
import com.hazelcast.internal.nio.PacketIOHelper;
import com.hazelcast.internal.serialization.InternalSerializationService;
import com.hazelcast.internal.serialization.impl.DefaultSerializationServiceBuilder;
import io.linkspan.cluster.security.ClusterSecurity;
import io.linkspan.directory.Nodes;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.TestGateway;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Tests the port of Hazelcast against members and strangers. */
class SecuredMemberTest {

  private static final String SECRET = "a secret of this test";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int SILENCE_MS = 60_000;

  /** Number of gadgets of which an object has been created. */
  private static final AtomicInteger CREATED = new AtomicInteger();

  /** An object of a class that is on the class path of every node and acts when it is read. */
  static final class Gadget implements Serializable {
    private static final long serialVersionUID = 1;

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      CREATED.incrementAndGet();
    }
  }

  private final String name = "secured-member-test-" + UUID.randomUUID();
  private final List<Integer> ports = List.of(FreePort.of(), FreePort.of());
  private final List<HazelcastCluster> members = new ArrayList<>();

  @AfterEach
  void leave() {
    members.forEach(member -> TestGateway.await(member.vertx().close()));
  }

  private ClusterConfig config(int index, List<String> secrets) {
    return new ClusterConfig(
        true,
        name,
        "127.0.0.1",
        ports.get(index),
        0,
        new ClusterConfig.Members(ports.stream().map(port -> "127.0.0.1:" + port).toList()),
        new ClusterConfig.Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(15)),
        new ClusterSecurity(secrets, "", "", "", Duration.ofMinutes(1)));
  }

  private HazelcastCluster join(int index, String... secrets) {
    HazelcastCluster member =
        TestGateway.await(
            HazelcastCluster.join(
                config(index, List.of(secrets)),
                new Nodes.Node("node-" + index, 1),
                new VertxOptions(),
                Transport.NIO));
    members.add(member);
    return member;
  }

  private void awaitMembers(int count) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(members)
                    .allSatisfy(member -> assertThat(member.nodes().all()).hasSize(count)));
  }

  private static void assertThatMessagesCross(HazelcastCluster from, HazelcastCluster to) {
    String address = "crossing-" + UUID.randomUUID();
    TestGateway.await(
        to.vertx()
            .eventBus()
            .<String>consumer(address, message -> message.reply(message.body() + ", received"))
            .completion());
    Awaitility.await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(
                        TestGateway.await(from.vertx().eventBus().<String>request(address, "sent"))
                            .body())
                    .isEqualTo("sent, received"));
  }

  @Test
  void membersWithTheSecretFormACluster() {
    HazelcastCluster one = join(0, SECRET);
    HazelcastCluster two = join(1, SECRET);
    awaitMembers(2);
    assertThatMessagesCross(one, two);
    assertThatMessagesCross(two, one);
  }

  @Test
  void aSecretIsReplacedWithTwoRestarts() {
    HazelcastCluster one = join(0, SECRET);
    HazelcastCluster two = join(1, "the secret after it", SECRET);
    awaitMembers(2);
    assertThatMessagesCross(one, two);
    assertThatMessagesCross(two, one);
    members.remove(one);
    TestGateway.await(one.vertx().close());
    HazelcastCluster three = join(0, "the secret after it");
    awaitMembers(2);
    assertThatMessagesCross(three, two);
    assertThatMessagesCross(two, three);
  }

  /** Starts a member of Hazelcast that does all that this version of it can do to join. */
  private HazelcastInstance stranger(Config config) {
    config.setProperty("hazelcast.max.join.merge.target.seconds", "4");
    return Hazelcast.newHazelcastInstance(config);
  }

  @Test
  void aMemberThatKnowsTheNameAndNotTheSecretIsNotAdmitted() throws Exception {
    HazelcastCluster member = join(0, SECRET);
    member.hazelcast().getMap("linkspan.leaving").put("session", "of the members");
    HazelcastInstance stranger =
        stranger(HazelcastConfig.of(config(1, List.of()), InetAddress.getLoopbackAddress(), null));
    try {
      assertThat(stranger.getCluster().getMembers()).hasSize(1);
      assertThat(stranger.getMap("linkspan.leaving").get("session")).isNull();
    } finally {
      stranger.getLifecycleService().terminate();
    }
    assertThat(member.hazelcast().getCluster().getMembers()).hasSize(1);
    join(1, SECRET);
    awaitMembers(2);
  }

  private static byte[] gadget() {
    InternalSerializationService serialization = new DefaultSerializationServiceBuilder().build();
    Packet packet =
        new Packet(serialization.toData(new Gadget()).toByteArray())
            .setPacketType(Packet.Type.OPERATION);
    ByteBuffer bytes = ByteBuffer.allocate(10_000);
    bytes.put("HZC".getBytes(StandardCharsets.US_ASCII));
    assertThat(new PacketIOHelper().writeTo(packet, bytes)).isTrue();
    byte[] sent = new byte[bytes.flip().remaining()];
    bytes.get(sent);
    return sent;
  }

  private Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), ports.get(0));
    socket.setSoTimeout(SILENCE_MS);
    return socket;
  }

  /** Returns everything that the member sends until it closes the connection. */
  private static byte[] untilClosed(Socket socket) throws IOException {
    try {
      return socket.getInputStream().readAllBytes();
    } catch (SocketException reset) {
      return new byte[0];
    }
  }

  @Test
  void anObjectOfAStrangerIsNotRead() throws Exception {
    join(0, SECRET);
    int before = CREATED.get();
    try (Socket stranger = connect()) {
      stranger.getOutputStream().write(gadget());
      assertThat(untilClosed(stranger)).isEmpty();
    }
    assertThat(CREATED).hasValue(before);
  }

  @Test
  void aStrangerThatSaysNothingOrHalfOfAHelloIsDisconnected() throws Exception {
    join(0, SECRET);
    try (Socket silent = connect();
        Socket half = connect()) {
      half.getOutputStream().write("LSK1 and then nothing".getBytes(StandardCharsets.US_ASCII));
      assertThat(untilClosed(silent)).isEmpty();
      assertThat(untilClosed(half)).isEmpty();
    }
  }

  @Test
  void otherProtocolsOfHazelcastAreNotServed() throws Exception {
    join(0, SECRET);
    for (String start :
        List.of("CP2", "HZC", "GET /hazelcast/health HTTP/1.1\r\n\r\n", "stats\r\n")) {
      try (Socket stranger = connect()) {
        stranger.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
        assertThat(untilClosed(stranger)).as(start).isEmpty();
      }
    }
  }

  @Test
  void withoutASecretNoOtherProtocolIsServedEither() throws Exception {
    join(0);
    for (String start : List.of("CP2", "GET /hazelcast/health HTTP/1.1\r\n\r\n", "stats\r\n")) {
      try (Socket stranger = connect()) {
        stranger.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
        assertThat(new String(untilClosed(stranger), StandardCharsets.US_ASCII))
            .as(start)
            // "I do not speak this."
            .isIn("HZX", "");
      }
    }
  }

  @Test
  void withoutASecretOnlyListedClassesAreRead() throws Exception {
    Config open = HazelcastConfig.of(config(0, List.of()), InetAddress.getLoopbackAddress(), null);
    open.getSerializationConfig().setJavaSerializationFilterConfig(null);
    HazelcastInstance unrestricted = Hazelcast.newHazelcastInstance(open);
    int before = CREATED.get();
    try (Socket stranger = connect()) {
      stranger.getOutputStream().write(gadget());
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(CREATED).hasValue(before + 1));
    } finally {
      unrestricted.getLifecycleService().terminate();
    }
    join(0);
    var log = new ListAppender<ILoggingEvent>();
    log.start();
    var logger = (Logger) LoggerFactory.getLogger("com.hazelcast");
    logger.addAppender(log);
    try (Socket stranger = connect()) {
      stranger.getOutputStream().write(gadget());
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(List.copyOf(log.list))
                      .anySatisfy(
                          event ->
                              assertThat(event.getFormattedMessage())
                                  .contains("Failed to process: Packet")));
    } finally {
      logger.detachAppender(log);
    }
    assertThat(CREATED).hasValue(before + 1);
  }
}

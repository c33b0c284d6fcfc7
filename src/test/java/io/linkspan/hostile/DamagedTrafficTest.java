package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.linkspan.api.Message;
import io.linkspan.memory.MemoryUse;
import io.linkspan.protocol.enet.Delivery;
import io.linkspan.testing.EnetTestClient;
import io.linkspan.testing.RawHttp;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.SocketIoTestClient;
import io.linkspan.testing.TcpTestClient;
import io.linkspan.testing.TestClient;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.DefaultPromise;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Sends random bytes and damaged recordings to all listeners at once, beside a good client of each
 * transport. The property {@code damage.seed} repeats a run.
 */
class DamagedTrafficTest {

  private static final long SEED = Long.getLong("damage.seed", 1);
  private static final int STREAMS = Integer.getInteger("damage.streams", 300);

  /** Streams that are sent at the same time, piece by piece. */
  private static final int OPEN = 24;

  private static final int STEPS_BETWEEN_ROUND_TRIPS = 50;

  /** Messages that one hostile client of ENet sends. */
  private static final int LIFE_OF_INSIDER = 100;

  private static final List<Delivery> DELIVERIES = List.of(Delivery.values());
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String CONFIG =
      """
      eventLoops: 2
      tcp:
        enabled: true
        port: 0
        listeners:
          - {name: lines, port: 0, framing: {kind: line}}
          - {name: zeros, port: 0, framing: {kind: delimiter}}
          - {name: zlib, port: 0, framing: {compression: zlib}}
      websocket: {compression: true}
      socketio: {pingInterval: 1s, pingTimeout: 6s}
      enet: {connectRate: 0, timeout: {minimum: 20s}}
      session: {grace: 1s}
      delivery: {duplicates: {users: 0}}
      limits: {connectRate: {perUser: 0}}
      """;

  /** Holds the pieces that one attacker has not sent yet. */
  private record Stream(SocketChannel socket, Deque<byte[]> pieces) {

    /** Sends the next piece; returns whether there is a further one. */
    boolean sendNext() {
      byte[] piece = pieces.poll();
      try {
        if (piece != null) {
          // Nothing of it is worth waiting for.
          socket.write(ByteBuffer.wrap(piece));
        }
        return !pieces.isEmpty();
      } catch (IOException closed) {
        return false;
      }
    }
  }

  /**
   * Records the lines of the test's own thread and of the gateway's threads. A gateway of an
   * earlier test in this JVM may log ten seconds later how often a failure was repeated.
   */
  private static final class GatewayLog extends ListAppender<ILoggingEvent> {

    private final Set<Thread> earlier = Thread.getAllStackTraces().keySet();
    private final Thread test = Thread.currentThread();

    @Override
    protected void append(ILoggingEvent event) {
      Thread thread = Thread.currentThread();
      if (thread == test || (thread.getName().startsWith("vert.x-") && !earlier.contains(thread))) {
        super.append(event);
      }
    }
  }

  private final Random random = new Random(SEED);
  private final Damage damage = new Damage(random);
  private final Recordings recordings = new Recordings(random, damage);
  private final GatewayLog log = new GatewayLog();
  private final List<TestClient> good = new ArrayList<>();
  private final List<Stream> streams = new ArrayList<>();
  private TestGateway gateway;
  private EnetTestClient insider;
  private int number;

  @BeforeEach
  void start(@TempDir Path folder) throws IOException {
    System.out.println("damage.seed=" + SEED);
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    log.start();
    root().addAppender(log);
    logger("io.linkspan").setLevel(Level.INFO);
    gateway = TestGateway.start(Files.writeString(folder.resolve("c.yaml"), CONFIG), Map.of());
  }

  @AfterEach
  void stop() {
    good.forEach(TestClient::close);
    gateway.close();
    logger("io.linkspan").setLevel(Level.WARN);
    root().detachAppender(log);
  }

  private static Logger root() {
    return logger(Logger.ROOT_LOGGER_NAME);
  }

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }

  @Test
  void damagedTrafficDisturbsNobodyAndLeavesNothing() throws IOException {
    connectGoodClients();
    serve();
    insider = EnetTestClient.connect(gateway.enetPort());
    try (var datagrams = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
      int opened = 0;
      for (int step = 0; opened < STREAMS || !streams.isEmpty(); step++) {
        if (opened < STREAMS && streams.size() < OPEN) {
          streams.add(open());
          opened++;
        }
        Stream stream = streams.get(random.nextInt(streams.size()));
        if (!stream.sendNext()) {
          streams.remove(stream);
          close(stream.socket());
        }
        sendDatagram(datagrams);
        if (step % STEPS_BETWEEN_ROUND_TRIPS == 0) {
          serve();
        }
      }
    }
    serve();
    insider.close();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              serve();
              assertThat(connections()).isEqualTo(good.size());
              assertThat(metric("pending_links")).isZero();
            });
    good.forEach(TestClient::close);
    await().atMost(PATIENCE).untilAsserted(this::assertNothingIsHeld);
    gateway.close();
    assertNothingIsLeaked();
    assertThat(log.list.stream().filter(DamagedTrafficTest::isFault).map(Object::toString))
        .as("faults with damage.seed=%d", SEED)
        .isEmpty();
  }

  private void connectGoodClients() {
    good.add(WebSocketTestClient.connect(gateway.httpPort(), "user=good-1&ack=transport"));
    good.add(SocketIoTestClient.connect(gateway.httpPort(), "user=good-2"));
    good.add(
        TcpTestClient.ofLengths(RawTcp.connect(gateway.tcpPort()))
            .authenticate("good-3", "transport"));
    good.add(
        TcpTestClient.ofDelimiters(RawTcp.connect(gateway.port("tcp.lines")), "\n")
            .authenticate("good-4", "transport"));
    good.add(EnetTestClient.connect(gateway.enetPort(), "good-5", "transport"));
  }

  /** Lets each good client send a request, and checks that it is answered. */
  private void serve() {
    for (TestClient client : good) {
      String id = "good-" + ++number;
      client.send(
          Message.newBuilder().setEventId(id).setTo("service:echo").setType("text").build());
      assertThat(client.receiveAck()).as("damage.seed=%d", SEED).isEqualTo(id);
      assertThat(client.receiveMessage().getReplyTo()).isEqualTo(id);
    }
  }

  private Stream open() throws IOException {
    int kind = random.nextInt(10);
    byte[] bytes =
        switch (kind) {
          case 0 -> damage.noise();
          case 1 -> damage.of(recordings.http());
          case 2 -> polling();
          case 3 -> recordings.webSocket();
          case 4 -> damage.of(recordings.socketIo());
          case 5 -> damage.of(recordings.lengths());
          case 6 -> recordings.lines("\n");
          case 7 -> recordings.lines("\0");
          case 8 -> damage.of(recordings.compressed());
          default -> damage.of(recordings.management());
        };
    String[] ports = {"http", "tcp", "tcp.lines", "tcp.zeros", "tcp.zlib", "management"};
    String port =
        switch (kind) {
          case 0 -> ports[random.nextInt(ports.length)];
          case 1, 2, 3, 4 -> "http";
          default -> ports[kind - 4];
        };
    var socket = SocketChannel.open(new InetSocketAddress("127.0.0.1", gateway.port(port)));
    socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
    socket.configureBlocking(false);
    return new Stream(socket, damage.split(bytes));
  }

  /** Begins a session of Engine.IO, and returns a request below it. */
  private byte[] polling() {
    int generation = 3 + random.nextInt(2);
    RawHttp.Response opened =
        RawHttp.get(gateway.httpPort(), "/socket.io/?transport=polling&EIO=" + generation)
            .response();
    String sid = opened.body().replaceFirst("(?s).*\"sid\":\"([^\"]+)\".*", "$1");
    return damage.of(
        Damage.joined(recordings.polling(sid, generation), recordings.polling(sid, generation)));
  }

  /** Ends a stream in order, or with a reset. */
  private void close(SocketChannel socket) throws IOException {
    if (random.nextBoolean()) {
      socket.setOption(StandardSocketOptions.SO_LINGER, 0);
    }
    socket.close();
  }

  /** Sends a datagram of nobody, or a message of a client that is connected. */
  private void sendDatagram(DatagramSocket socket) throws IOException {
    if (random.nextBoolean()) {
      byte[] bytes = damage.of(random.nextBoolean() ? damage.noise() : recordings.datagram());
      socket.send(
          new DatagramPacket(
              bytes, bytes.length, InetAddress.getLoopbackAddress(), gateway.enetPort()));
      return;
    }
    if (random.nextInt(LIFE_OF_INSIDER) == 0) {
      insider.close();
      insider = EnetTestClient.connect(gateway.enetPort());
    }
    Delivery delivery = DELIVERIES.get(random.nextInt(DELIVERIES.size()));
    insider.send(random.nextInt(4), recordings.enet(), delivery);
    if (random.nextInt(LIFE_OF_INSIDER / 10) == 0) {
      insider.live();
    }
  }

  private double metric(String name) {
    return Scrape.metric(gateway.managementPort(), "linkspan_" + name);
  }

  private int connections() {
    return gateway.node().getJsonObject("connections").stream()
        .mapToInt(transport -> ((Number) transport.getValue()).intValue())
        .sum();
  }

  private void assertNothingIsHeld() {
    assertThat(connections()).isZero();
    assertThat(metric("pending_links")).isZero();
    assertThat(metric("enet_peers{state=\"handshake\"}")).isZero();
    assertThat(metric("enet_peers{state=\"connected\"}")).isZero();
    for (MemoryUse use : MemoryUse.values()) {
      assertThat(metric("memory_charged_bytes{use=\"" + use.label() + "\"}"))
          .as(use.label())
          .isZero();
    }
  }

  /** A leak is reported when another buffer is allocated after the garbage collection. */
  private static void assertNothingIsLeaked() {
    System.gc();
    List<ByteBufAllocator> allocators =
        List.of(PooledByteBufAllocator.DEFAULT, UnpooledByteBufAllocator.DEFAULT);
    for (ByteBufAllocator allocator : allocators) {
      for (int i = 0; i < 100; i++) {
        ByteBuf buffer = allocator.directBuffer(16);
        buffer.release();
      }
    }
  }

  private static boolean isFault(ILoggingEvent event) {
    if (event.getLoggerName().equals(DefaultPromise.class.getName())
        && event.getMessage().contains("operationComplete")
        && event.getThrowableProxy().getMessage().startsWith("promise already done")) {
      // Vert.x closes a WebSocket that has ended meanwhile, which has no consequence.
      return false;
    }
    return event.getThrowableProxy() != null || event.getLevel().isGreaterOrEqual(Level.ERROR);
  }
}

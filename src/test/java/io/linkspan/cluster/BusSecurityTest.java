package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.linkspan.cluster.security.ClusterSecurity;
import io.linkspan.directory.Nodes;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TlsClient;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.SelfSignedCertificate;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Tests the port of the event bus against members and strangers. */
class BusSecurityTest {

  private static final String SECRET = "a secret of this test";
  private static final String CONTROL = "linkspan.control";
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int SILENCE_MS = 60_000;
  private static final int RECORD_OF_AN_ALERT = 0x15;

  private static final SelfSignedCertificate FIRST = SelfSignedCertificate.create("first.example");
  private static final SelfSignedCertificate SECOND =
      SelfSignedCertificate.create("second.example");

  private final String name = "bus-security-test-" + UUID.randomUUID();
  private final int busPort = FreePort.of();
  private final List<Integer> ports = List.of(FreePort.of(), FreePort.of());
  private final List<HazelcastCluster> members = new ArrayList<>();
  private final AtomicInteger commands = new AtomicInteger();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();

  @TempDir private Path folder;

  @BeforeEach
  void listen() {
    log.start();
    root().addAppender(log);
  }

  @AfterEach
  void leave() {
    root().detachAppender(log);
    members.forEach(member -> TestGateway.await(member.vertx().close()));
  }

  @AfterAll
  static void delete() {
    FIRST.delete();
    SECOND.delete();
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  }

  private ClusterSecurity withFiles() {
    return new ClusterSecurity(
        List.of(SECRET), file("crt"), file("key"), file("ca"), Duration.ofMillis(100));
  }

  private static ClusterSecurity withoutFiles(String... secrets) {
    return new ClusterSecurity(List.of(secrets), "", "", "", Duration.ofMinutes(1));
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  /** The first member has {@link #busPort}. */
  private HazelcastCluster join(int index, ClusterSecurity security) {
    var config =
        new ClusterConfig(
            true,
            name,
            "127.0.0.1",
            ports.get(index),
            index == 0 ? busPort : 0,
            new ClusterConfig.Members(ports.stream().map(port -> "127.0.0.1:" + port).toList()),
            new ClusterConfig.Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(15)),
            security);
    HazelcastCluster member =
        TestGateway.await(
            HazelcastCluster.join(
                config, new Nodes.Node("node-" + index, 1), new VertxOptions(), Transport.NIO));
    members.add(member);
    if (index == 0) {
      TestGateway.await(
          member
              .vertx()
              .eventBus()
              .<String>consumer(
                  CONTROL,
                  message -> {
                    commands.incrementAndGet();
                    message.reply("done");
                  })
              .completion());
    }
    return member;
  }

  private static void assertThatCommandsArrive(HazelcastCluster from) {
    Awaitility.await()
        .atMost(PATIENCE)
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(
                        TestGateway.await(
                                from.vertx().eventBus().<String>request(CONTROL, "from a member"))
                            .body())
                    .isEqualTo("done"));
  }

  /** Returns a frame that publishes a text. */
  private static Buffer command() {
    Buffer frame =
        Buffer.buffer()
            .appendByte((byte) 1)
            // A string.
            .appendByte((byte) 9)
            .appendByte((byte) 1);
    text(frame, CONTROL);
    frame.appendInt(0);
    text(frame, UUID.randomUUID().toString());
    frame.appendInt(4);
    text(frame, "from a stranger");
    return Buffer.buffer().appendInt(frame.length()).appendBuffer(frame);
  }

  private static void text(Buffer frame, String text) {
    frame.appendInt(text.length()).appendString(text);
  }

  private static List<Buffer> frames() {
    return List.of(
        command(),
        Buffer.buffer().appendInt(Integer.MAX_VALUE).appendString("much of it"),
        Buffer.buffer().appendInt(-1).appendString("less than nothing"),
        Buffer.buffer().appendInt(0),
        Buffer.buffer("GET / HTTP/1.1\r\n\r\n"),
        Buffer.buffer(new byte[100_000]));
  }

  /** Sends bytes, and returns what arrives until the bus closes the connection. */
  private byte[] send(Buffer bytes) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), busPort)) {
      socket.setSoTimeout(SILENCE_MS);
      socket.getOutputStream().write(bytes.getBytes());
      return socket.getInputStream().readAllBytes();
    } catch (SocketException reset) {
      return new byte[0];
    }
  }

  private void assertThatNoStackTraceWasLogged() {
    assertThat(List.copyOf(log.list))
        .allSatisfy(event -> assertThat(event.getThrowableProxy()).isNull());
  }

  @Test
  void aStrangerGetsNothingFromTheBus() throws Exception {
    join(0, withoutFiles(SECRET));
    HazelcastCluster other = join(1, withoutFiles(SECRET));
    assertThatCommandsArrive(other);
    int before = commands.get();
    log.list.clear();
    for (Buffer frame : frames()) {
      byte[] answer = send(frame);
      // At most an alert of TLS, whose record has 7 bytes.
      assertThat(answer.length).isLessThanOrEqualTo(7);
      assertThat(answer.length == 0 || answer[0] == RECORD_OF_AN_ALERT).isTrue();
    }
    assertThat(commands).hasValue(before);
    assertThatNoStackTraceWasLogged();
    assertThatCommandsArrive(other);
  }

  @Test
  void aStrangerWithACertificateGetsNothingEither() throws Exception {
    join(0, withoutFiles(SECRET));
    log.list.clear();
    Vertx vertx = Vertx.vertx();
    try {
      for (NetClientOptions options :
          List.of(
              new NetClientOptions(),
              new NetClientOptions().setKeyCertOptions(FIRST.keyCertOptions()))) {
        NetClient client =
            vertx.createNetClient(
                options.setSsl(true).setTrustAll(true).setHostnameVerificationAlgorithm(""));
        // In TLS 1.3 the handshake of a client is over before the server has checked it.
        TestGateway.await(
            client
                .connect(busPort, "127.0.0.1")
                .compose(
                    socket -> {
                      socket.exceptionHandler(rejected -> {});
                      var closed = io.vertx.core.Promise.<Void>promise();
                      socket.closeHandler(v -> closed.complete());
                      socket.write(command());
                      return closed.future();
                    })
                .otherwiseEmpty());
      }
    } finally {
      TestGateway.await(vertx.close());
    }
    assertThat(commands).hasValue(0);
    assertThatNoStackTraceWasLogged();
  }

  @Test
  void aMemberWithAnotherSecretIsAStranger() {
    join(0, withoutFiles(SECRET));
    HazelcastCluster other = join(1, withoutFiles("another secret of this test"));
    assertThat(other.nodes().all()).hasSize(1);
    assertThat(members.get(0).nodes().all()).hasSize(1);
  }

  @Test
  void withoutASecretOnlyTheLengthOfAFrameIsChecked() throws Exception {
    join(0, ClusterSecurity.NONE);
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), busPort)) {
      socket.getOutputStream().write(command().getBytes());
      Awaitility.await().atMost(PATIENCE).untilAsserted(() -> assertThat(commands).hasValue(1));
    }
    for (Buffer frame : frames().subList(1, frames().size())) {
      assertThat(send(frame)).isEmpty();
    }
    assertThatNoStackTraceWasLogged();
    assertThatCommandsArrive(members.get(0));
  }

  private void install(SelfSignedCertificate certificate, SelfSignedCertificate... trusted)
      throws IOException {
    var ca = new StringBuilder();
    for (SelfSignedCertificate one : trusted) {
      ca.append(Files.readString(Path.of(one.certificatePath())));
    }
    replace("ca", ca.toString());
    replace("key", Files.readString(Path.of(certificate.privateKeyPath())));
    replace("crt", Files.readString(Path.of(certificate.certificatePath())));
  }

  private void replace(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Path next = Files.writeString(folder.resolve("next"), content, StandardCharsets.UTF_8);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private String certificateOfTheBus() throws SSLException {
    try (SSLSocket socket = TlsClient.connect(busPort)) {
      socket.startHandshake();
      return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
          .getSubjectX500Principal()
          .getName();
    } catch (SSLException e) {
      throw e;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void certificatesAreReplacedWithoutARestart() throws Exception {
    install(FIRST, FIRST);
    HazelcastCluster one = join(0, withFiles());
    HazelcastCluster two = join(1, withFiles());
    assertThat(certificateOfTheBus()).isEqualTo("CN=first.example");
    assertThatCommandsArrive(two);
    install(SECOND, FIRST, SECOND);
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(certificateOfTheBus()).isEqualTo("CN=second.example"));
    assertThatCommandsArrive(two);
    // A new member has only the second one, and so do its new connections.
    install(SECOND, SECOND);
    members.remove(two);
    TestGateway.await(two.vertx().close());
    assertThatCommandsArrive(join(1, withFiles()));
    assertThat(one.nodes().all()).hasSize(2);
  }

  @Test
  void filesThatCannotBeUsedChangeNothing() throws Exception {
    install(FIRST, FIRST);
    join(0, withFiles());
    HazelcastCluster two = join(1, withFiles());
    replace("key", Files.readString(Path.of(SECOND.privateKeyPath())));
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(List.copyOf(log.list))
                    .anySatisfy(
                        event ->
                            assertThat(event.getFormattedMessage())
                                .contains("the event bus keeps its certificate")));
    assertThat(certificateOfTheBus()).isEqualTo("CN=first.example");
    assertThatCommandsArrive(two);
  }

  @Test
  void aBusWhoseCertificateCannotBeUsedIsNotStarted() throws Exception {
    install(FIRST, FIRST);
    replace("key", "no key");
    assertThat(
            HazelcastCluster.join(
                    new ClusterConfig(
                        true,
                        name,
                        "127.0.0.1",
                        ports.get(0),
                        0,
                        new ClusterConfig.Members(List.of("127.0.0.1:" + ports.get(0))),
                        new ClusterConfig.Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(15)),
                        withFiles()),
                    null,
                    new VertxOptions(),
                    Transport.NIO)
                .map("started")
                .otherwise(Throwable::getMessage)
                .toCompletionStage()
                .toCompletableFuture()
                .get())
        .startsWith("cannot join the cluster");
  }
}

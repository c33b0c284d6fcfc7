package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.linkspan.testing.RawTcp;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TlsClient;
import io.vertx.core.net.SelfSignedCertificate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** TLS of the listeners: what a real handshake sees. */
class TlsTest {

  private static final SelfSignedCertificate FIRST = SelfSignedCertificate.create("first.example");
  private static final SelfSignedCertificate SECOND =
      SelfSignedCertificate.create("second.example");

  @TempDir private Path folder;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private TestGateway gateway;
  private Path cert;
  private Path key;

  @BeforeEach
  void listen() throws IOException {
    log.start();
    logger().addAppender(log);
    logger().setLevel(Level.INFO);
    cert = folder.resolve("tls.crt");
    key = folder.resolve("tls.key");
    install(FIRST);
  }

  @AfterEach
  void stop() {
    logger().setLevel(null);
    logger().detachAppender(log);
    if (gateway != null) {
      gateway.close();
    }
  }

  @AfterAll
  static void delete() {
    FIRST.delete();
    SECOND.delete();
  }

  private static Logger logger() {
    return (Logger) LoggerFactory.getLogger(CertificateWatch.class);
  }

  /** Writes a certificate and its key to the files of the listeners. */
  private void install(SelfSignedCertificate certificate) throws IOException {
    replace(cert, Files.readString(Path.of(certificate.certificatePath())));
    replace(key, Files.readString(Path.of(certificate.privateKeyPath())));
  }

  private static void replace(Path file, String contents) throws IOException {
    Path next = Files.writeString(file.resolveSibling(file.getFileName() + ".next"), contents);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void start(String... settings) {
    Map<String, String> all = new HashMap<>();
    all.put("tcp.enabled", "true");
    for (String listener : List.of("http", "tcp")) {
      all.put(listener + ".tls.cert", cert.toString());
      all.put(listener + ".tls.key", key.toString());
      all.put(listener + ".tls.reload", "100ms");
    }
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    gateway = TestGateway.start(all);
  }

  private SSLSocket connect(String listener) {
    return TlsClient.connect(gateway.port(listener));
  }

  private static String nameOf(SSLSocket socket) throws SSLException {
    return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
        .getSubjectX500Principal()
        .getName();
  }

  private String nameAt(String listener) throws Exception {
    try (SSLSocket socket = connect(listener)) {
      return nameOf(socket);
    }
  }

  private List<String> logged() {
    return List.copyOf(log.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  @Test
  void newHandshakesSeeANewCertificateAndOpenConnectionsStay() throws Exception {
    start();
    try (SSLSocket open = connect("http")) {
      assertThat(nameOf(open)).isEqualTo("CN=first.example");
      install(SECOND);
      for (String listener : List.of("http", "tcp")) {
        await().until(() -> nameAt(listener), "CN=second.example"::equals);
        String line = listener + " has a new certificate, valid until ";
        await().until(() -> logged().stream().anyMatch(text -> text.startsWith(line)));
      }
      RawTcp client = RawTcp.over(open);
      client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.readLine()).contains(" 200 ");
    }
  }

  @Test
  void aFileThatCannotBeUsedKeepsTheOldCertificate() throws Exception {
    start("tcp.enabled", "false");
    assertThat(logged()).singleElement().asString().startsWith("http has a certificate, valid ");
    for (String broken : List.of("", "nonsense", Files.readString(cert).substring(0, 200))) {
      int before = log.list.size();
      replace(cert, broken);
      await().until(() -> log.list.size() > before);
      assertThat(logged().get(before)).startsWith("http keeps its certificate, since ");
      assertThat(nameAt("http")).isEqualTo("CN=first.example");
    }
    install(SECOND);
    await().until(() -> nameAt("http"), "CN=second.example"::equals);
  }

  @Test
  void aCertificateWithoutItsKeyKeepsTheOldOneUntilTheKeyArrives() throws Exception {
    start("tcp.enabled", "false");
    replace(cert, Files.readString(Path.of(SECOND.certificatePath())));
    await().until(() -> log.list.size() > 1);
    assertThat(logged().get(1)).contains("the key is not that of the certificate");
    assertThat(nameAt("http")).isEqualTo("CN=first.example");
    replace(key, Files.readString(Path.of(SECOND.privateKeyPath())));
    await().until(() -> nameAt("http"), "CN=second.example"::equals);
    await().until(() -> logged().size() == 3);
  }

  @Test
  void aPairThatDoesNotFitIsReportedAtTheStart() throws Exception {
    replace(key, Files.readString(Path.of(SECOND.privateKeyPath())));
    start("tcp.enabled", "false");
    assertThat(logged())
        .singleElement()
        .asString()
        .startsWith("http has a certificate that cannot be used")
        .endsWith("the key is not that of the certificate");
    install(SECOND);
    await().until(() -> logged().size() == 2);
    assertThat(nameAt("http")).isEqualTo("CN=second.example");
  }

  @Test
  void onlyTheVersionsAndSuitesOfTheConfigurationAreSpoken() throws Exception {
    start(
        "http.tls.versions", "TLSv1.2",
        "http.tls.ciphers", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    try (SSLSocket socket = connect("http")) {
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.2");
      assertThat(socket.getSession().getCipherSuite())
          .isEqualTo("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384");
    }
    try (SSLSocket socket = connect("http")) {
      socket.setEnabledProtocols(new String[] {"TLSv1.3"});
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
    try (SSLSocket socket = connect("tcp")) {
      assertThat(socket.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }
  }

  /** Suites without forward secrecy, or with CBC, which Java still has switched on. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_256_CBC_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
        "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
      })
  void weakSuitesAreNotSpokenByDefault(String suite) throws Exception {
    start();
    try (SSLSocket socket = connect("http")) {
      assertThat(Arrays.asList(socket.getSupportedCipherSuites())).contains(suite);
      socket.setEnabledCipherSuites(new String[] {suite});
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
    try (SSLSocket socket = connect("http")) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      assertThat(socket.getSession().getCipherSuite()).startsWith("TLS_ECDHE_RSA_WITH_");
    }
  }
}

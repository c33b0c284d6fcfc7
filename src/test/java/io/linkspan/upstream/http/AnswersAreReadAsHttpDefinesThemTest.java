package io.linkspan.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.RawHttpService;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tests requests and answers byte by byte (RFC 9110 and RFC 9112). The route retries, so a test
 * that counts requests shows that a service did not work twice.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnswersAreReadAsHttpDefinesThemTest {

  private static final String OK = "HTTP/1.1 200 OK\r\n";
  private static final String TEXT = OK + "Content-Type: text/plain\r\n";

  @TempDir static Path folder;

  private final RawHttpService service = new RawHttpService();
  private TestGateway gateway;
  private WebSocketTestClient alice;
  private int requestsBefore;
  private int next;

  @BeforeAll
  void start() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("raw.yaml"),
            """
            upstream: {retries: 2, backoff: 1ms, maxBackoff: 1ms, breaker: {failures: 64, of: 64}}
            routes:
              - {to: "service:raw", http: {url: "http://127.0.0.1:%1$d/x"}}
              - {to: "service:odd", http: {url: "http://127.0.0.1:%1$d/a%%20b/é?q=%%7C&ü=a+b&c"}}
              - {to: "service:bare", http: {url: "http://127.0.0.1:%1$d?x=1"}}
              - {to: "service:empty", http: {url: "http://127.0.0.1:%1$d/?"}}
            """
                .formatted(service.port()));
    gateway = TestGateway.start(file, Map.of());
  }

  @AfterAll
  void stop() {
    gateway.close();
    service.close();
  }

  @BeforeEach
  void connect() {
    alice = WebSocketTestClient.connect(gateway.httpPort(), "ack=transport&user=alice");
    requestsBefore = service.requests();
  }

  @AfterEach
  void leave() {
    alice.close();
  }

  /** Sends a Message and returns its eventId, which is new: another one would get its ending. */
  private String ask(String to) {
    String eventId = "" + next++;
    alice.send(Message.newBuilder().setEventId(eventId).setTo("service:" + to).build());
    return eventId;
  }

  private Message answer() {
    assertThat(ask("raw")).isEqualTo(alice.receiveAck());
    return alice.receiveMessage();
  }

  private void assertInternal(String text) {
    ask("raw");
    JsonObject error = alice.receiveError();
    assertThat(error.getString("code")).isEqualTo("internal");
    assertThat(error.getString("message")).contains(text);
    assertThat(service.requests() - requestsBefore).as("requests").isEqualTo(1);
  }

  private void answerWith(String head, byte[] body) {
    service.on(
        request -> {
          request.connection().send(head + "Content-Length: " + body.length + "\r\n\r\n");
          request.connection().send(body);
        });
  }

  private static byte[] gzip(String text) {
    var bytes = new ByteArrayOutputStream();
    try (var stream = new GZIPOutputStream(bytes)) {
      stream.write(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({
    "odd, POST /a%20b/%C3%A9?q=%7C&%C3%BC=a+b&c HTTP/1.1",
    "bare, POST /?x=1 HTTP/1.1",
    "empty, POST /? HTTP/1.1",
  })
  void targetOfTheRequestIsTheUrlInAscii(String route, String line) {
    var lines = new LinkedBlockingQueue<RawHttpService.Request>();
    service.on(
        request -> {
          lines.add(request);
          request.connection().send("HTTP/1.1 204 No Content\r\n\r\n");
        });
    assertThat(ask(route)).isEqualTo(alice.receiveAck());
    assertThat(lines)
        .singleElement()
        .satisfies(
            request -> {
              assertThat(request.line()).isEqualTo(line);
              assertThat(request.field("Host")).isEqualTo("127.0.0.1:" + service.port());
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Chunk extensions and trailers.
        TEXT
            + "Transfer-Encoding: chunked\r\n\r\n1;c=\"d;e\"\r\nt\r\n2 ;x\r\nea\r\n0;y\r\nZ: 1\r\n\r\n",
        TEXT
            + "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nt\r\n1 ; c = d;e=f\r\ne\r\n1;g;h\r\na\r\n0;i=j\r\n\r\n",
        TEXT + "Transfer-Encoding: chunked\r\n\r\n00003;a=\"b\\\"c\"\r\ntea\r\n000\r\n\r\n",
        TEXT + "Transfer-Encoding: CHUNKED\r\n\r\n3\r\ntea\r\n0\r\n\r\n",
        TEXT + "transfer-encoding: , chunked\r\n\r\n3\r\ntea\r\n0\r\n\r\n",
        TEXT + "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\ntea",
        TEXT + "Content-Length:3\r\nContent-Encoding: identity\r\n\r\ntea",
        "HTTP/1.1 200 \r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\ntea",
        "HTTP/1.1 200\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\ntea",
        "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\ntea",
        "HTTP/1.1 299 Odd\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\ntea",
        OK
            + "Content-Type: TEXT/Plain ; x=\"charset=utf-16\"; CharSet=\"utf-8\"\r\n"
            + "Content-Length: 3\r\n\r\ntea",
      })
  void oddAnswersAreAnswers(String response) {
    service.answer(response);
    assertThat(answer().getBody()).isEqualTo("tea");
    assertThat(answer().getBody()).isEqualTo("tea");
  }

  @Test
  void answerMayEndWithItsConnection() {
    service.on(
        request -> {
          request.connection().send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\ntea");
          request.connection().close();
        });
    assertThat(answer().getBody()).isEqualTo("tea");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        TEXT + "Content-Length: 4\r\n\r\ntea",
        TEXT + "Transfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n",
        TEXT + "Transfer-Encoding: chunked\r\n\r\n3\r\nte",
        "HTTP/1.1 20",
      })
  void cutAnswersAreNoAnswers(String response) {
    service.on(
        request -> {
          request.connection().send(response);
          request.connection().close();
        });
    ask("raw");
    assertThat(alice.receiveError().getString("code")).isEqualTo("unavailable");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        TEXT + "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\ntea\r\n0\r\n\r\n",
        TEXT + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        TEXT + "Transfer-Encoding: chunked\r\n\r\nx\r\ntea\r\n0\r\n\r\n",
        TEXT + "Content-Length: 3\r\nContent-Length: 4\r\n\r\ntea!",
        TEXT + "Content-Length: -1\r\n\r\n",
        "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "ICY 200 OK\r\nContent-Length: 0\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
      })
  void malformedAnswersAreErrorsAndNotRetried(String response) {
    service.answer(response);
    assertInternal("cannot be read");
  }

  @Test
  void sixteenKibibytesOfHeadersAreRead() {
    service.answer(TEXT + "X: " + "x".repeat(16 << 10) + "\r\nContent-Length: 3\r\n\r\ntea");
    assertThat(answer().getBody()).isEqualTo("tea");
    assertThat(service.requests() - requestsBefore).isEqualTo(1);
  }

  @Test
  void tooManyHeadersAreAnErrorAndNotRetried() {
    service.answer(TEXT + "X: " + "x".repeat(70 << 10) + "\r\nContent-Length: 3\r\n\r\ntea");
    assertInternal("too long");
  }

  @Test
  void byteOrderMarkBeforeJsonIsIgnored() {
    byte[] json = "\uFEFF{\"type\":\"ordered\",\"body\":\"tea\"}".getBytes(StandardCharsets.UTF_8);
    answerWith(OK + "Content-Type: application/json\r\n", json);
    Message answer = answer();
    assertThat(answer.getType()).isEqualTo("ordered");
    assertThat(answer.getBody()).isEqualTo("tea");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "X-GZIP", "identity, gzip", "gzip\r\nContent-Encoding: identity"})
  void compressedAnswersAreDecodedWhoeverAskedForThem(String coding) {
    byte[] one = gzip("te");
    byte[] two = gzip("a");
    byte[] members = Arrays.copyOf(one, one.length + two.length);
    System.arraycopy(two, 0, members, one.length, two.length);
    answerWith(TEXT + "Content-Encoding: " + coding + "\r\n", members);
    assertThat(answer().getBody()).isEqualTo("tea");
  }

  @Test
  void cutCompressionIsAnErrorAndNotRetried() {
    byte[] whole = gzip("some tea");
    answerWith(TEXT + "Content-Encoding: gzip\r\n", Arrays.copyOf(whole, whole.length - 1));
    assertInternal("ends within its compressed data");
  }

  @Test
  void garbageAfterTheCompressedDataIsAnErrorAndNotRetried() {
    byte[] whole = gzip("some tea");
    answerWith(TEXT + "Content-Encoding: gzip\r\n", Arrays.copyOf(whole, whole.length + 1));
    assertInternal("malformed gzip");
  }

  @Test
  void unknownContentCodingIsAnErrorAndNotRetried() {
    answerWith(TEXT + "Content-Encoding: br\r\n", new byte[] {1});
    assertInternal("encoded as br");
  }

  @Test
  void refusalKeepsItsStatusWhateverItsCodingIs() {
    answerWith("HTTP/1.1 403 No\r\nContent-Encoding: br\r\n", new byte[] {1});
    ask("raw");
    assertThat(alice.receiveError().getString("code")).isEqualTo("forbidden");
  }
}

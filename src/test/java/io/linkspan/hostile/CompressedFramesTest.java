package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.Deflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Small frames that inflate to a megabyte: the work of one client must not delay the others. */
class CompressedFramesTest {

  private static final int FRAMES = 300;
  private static final int RSV1 = 0x40;

  private TestGateway gateway;
  private WebSocketTestClient good;

  @BeforeEach
  void start() {
    gateway =
        TestGateway.start(
            Map.of("websocket.compression", "true", "eventLoops", "1", "limits.malformed", "0"));
    good = WebSocketTestClient.connect(gateway.httpPort(), "user=good&ack=transport");
  }

  @AfterEach
  void stop() {
    good.socket().close();
    gateway.close();
  }

  @Test
  void othersAreServedWhileTheFramesOfOneAreInflated() throws InterruptedException {
    try (RawWebSocket attacker =
        RawWebSocket.connect(
            gateway.httpPort(),
            "/ws?user=attacker&ack=transport",
            "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover")) {
      assertThat(attacker.responseHead()).containsIgnoringCase("permessage-deflate");
      byte[] frame = RawWebSocket.frame(RawWebSocket.BINARY | RSV1, true, bomb());
      assertThat(frame.length).isLessThan(1_100);
      byte[] all = new byte[FRAMES * frame.length];
      for (int i = 0; i < FRAMES; i++) {
        System.arraycopy(frame, 0, all, i * frame.length, frame.length);
      }
      var answers = new AtomicInteger();
      var reader =
          new Thread(
              () -> {
                while (answers.get() < FRAMES) {
                  attacker.readData();
                  answers.incrementAndGet();
                }
              });
      reader.start();
      attacker.sendBytes(all);
      good.send(Message.newBuilder().setEventId("1").setTo("service:echo").build());
      assertThat(good.receiveAck()).isEqualTo("1");
      assertThat(answers).hasValueLessThan(FRAMES);
      assertThat(good.receiveMessage().getReplyTo()).isEqualTo("1");
      reader.join();
    }
  }

  /** Returns a Message of almost a megabyte to nobody, deflated. */
  private static byte[] bomb() {
    char[] body = new char[1_000_000];
    Arrays.fill(body, 'a');
    byte[] message =
        WebSocketTestClient.frame(
            11,
            Message.newBuilder()
                .setTo("service:none")
                .setBody(new String(body))
                .build()
                .toByteArray());
    var deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    deflater.setInput(message);
    var out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8_192];
    for (int n; (n = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH)) > 0; ) {
      out.write(buffer, 0, n);
    }
    deflater.end();
    // The end of a message is left out (RFC 7692, section 7.2.1).
    return Arrays.copyOf(out.toByteArray(), out.size() - 4);
  }
}

package io.linkspan.hostile;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.Bombs;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.WebSocketTestClient;
import io.netty.util.internal.PlatformDependent;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Small frames that inflate to a megabyte: the work of one client must not delay the others. */
class CompressedFramesTest {

  private static final int FRAMES = 400;
  private static final int ROUND_TRIPS = 10;
  private static final int MANY = 10;

  /** Chunks that the allocator may keep; the frames inflate to six times as much. */
  private static final long SPARE = 16L << 20;

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
  void nothingIsLeftOfTheFramesOfManyWhenTheyHaveLeft() {
    try (var pressed =
        PressedGateway.start(
            "websocket.compression", "true", "limits.malformed", "0", "session.grace", "0s")) {
      long direct = PlatformDependent.usedDirectMemory();
      byte[] frame = Bombs.frame();
      for (int i = 0; i < MANY; i++) {
        RawWebSocket attacker =
            pressed.add(
                RawWebSocket.connect(
                    pressed.gateway().httpPort(), "/ws?user=attacker" + i, Bombs.EXTENSION));
        for (int j = 0; j < FRAMES / MANY / 4; j++) {
          attacker.sendBytes(frame);
        }
        // The last one stays without its end.
        attacker.sendBytes(Arrays.copyOf(frame, frame.length - 1));
        pressed.serve();
      }
      pressed.assertReturnsToTheStart();
      pressed.until(
          "direct memory as at the start",
          () -> PlatformDependent.usedDirectMemory() <= direct + SPARE);
    }
  }

  @Test
  void othersAreServedWhileTheFramesOfOneAreInflated() throws InterruptedException {
    try (RawWebSocket attacker =
        RawWebSocket.connect(
            gateway.httpPort(), "/ws?user=attacker&ack=transport", Bombs.EXTENSION)) {
      assertThat(attacker.responseHead()).containsIgnoringCase("permessage-deflate");
      byte[] frame = Bombs.frame();
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
      for (int i = 0; i < ROUND_TRIPS; i++) {
        good.send(
            Message.newBuilder().setEventId(Integer.toString(i)).setTo("service:echo").build());
        assertThat(good.receiveAck()).isEqualTo(Integer.toString(i));
        assertThat(good.receiveMessage().getReplyTo()).isEqualTo(Integer.toString(i));
      }
      assertThat(answers).hasValueLessThan(FRAMES);
      reader.join();
    }
  }
}

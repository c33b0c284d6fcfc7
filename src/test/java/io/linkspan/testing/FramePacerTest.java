package io.linkspan.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FramePacerTest {

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() {
    vertx.close().await();
  }

  @Test
  void theResponseAndEachFrameArePassedOnAlone() throws Exception {
    Buffer response = Buffer.buffer("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    Buffer small = Buffer.buffer(new byte[] {(byte) 0x81, 1}).appendString("a");
    Buffer medium =
        Buffer.buffer(new byte[] {(byte) 0x82, 126})
            .appendUnsignedShort(300)
            .appendBytes(new byte[300]);
    Buffer large =
        Buffer.buffer(new byte[] {(byte) 0x82, 127})
            .appendLong(70_000)
            .appendBytes(new byte[70_000]);
    Buffer truncated = Buffer.buffer(new byte[] {(byte) 0x81, 5, 'x'});
    Buffer all = Buffer.buffer();
    List<Buffer> parts = List.of(response, small, medium, large, truncated);
    parts.forEach(all::appendBuffer);

    List<Buffer> passed = new CopyOnWriteArrayList<>();
    var ended = new CompletableFuture<Void>();
    vertx.runOnContext(
        v -> {
          var pacer = new FramePacer(vertx, passed::add, () -> ended.complete(null));
          int half = all.length() / 2;
          pacer.receive(all.getBuffer(0, half));
          pacer.receive(all.getBuffer(half, all.length()));
          pacer.end();
        });
    ended.get(Patience.SECONDS, TimeUnit.SECONDS);
    assertThat(passed).isEqualTo(parts);
  }
}

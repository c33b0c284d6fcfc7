package io.linkspan.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // what a peer does not read fails when it leaves
class BackPressureTest {

  private static final Duration STALL = Duration.ofSeconds(8);
  private static final int ANSWER = 30_000;
  private static final int WATERMARK = 64 * 1024;
  private static final int PIECE = 2 * 1024;

  /** Answers each request at once, as an endpoint does. */
  private static final class Endpoint extends ChannelInboundHandlerAdapter {
    int requests;
    int reads;
    boolean answers = true;
    private ChannelHandlerContext context;

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      context = added;
    }

    @Override
    public void channelRead(ChannelHandlerContext source, Object message) {
      if (message instanceof HttpRequest) {
        requests++;
        if (answers) {
          answer();
        }
      } else if (message instanceof ByteBuf bytes) {
        reads += bytes.readableBytes();
      }
      ReferenceCountUtil.release(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext source) {
      source.flush();
    }

    void answer() {
      var response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.OK,
              Unpooled.wrappedBuffer(new byte[ANSWER]));
      response.headers().set("Content-Length", ANSWER);
      context.writeAndFlush(response);
    }
  }

  private final PeerChannel channel = new PeerChannel();
  private final Endpoint endpoint = new Endpoint();
  private BackPressure pressure;

  private void http() {
    channel.pipeline().addLast(new HttpRequestDecoder(), new HttpResponseEncoder(), endpoint);
    install(0);
  }

  private void bytes(long unread) {
    channel.pipeline().addLast(endpoint);
    install(unread);
  }

  private void install(long unread) {
    channel.freezeTime();
    pressure =
        BackPressure.install(channel.pipeline(), new BackPressureLimits(unread, STALL, PIECE));
  }

  @AfterEach
  void release() {
    channel.settle();
    channel.close();
    channel.releaseInbound();
    channel.releaseOutbound();
  }

  /** Writes more than the peer reads. */
  private void fill() {
    channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[2 * WATERMARK]));
  }

  private void send(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
    channel.settle();
  }

  private static String gets(int count) {
    return "GET / HTTP/1.1\r\n\r\n".repeat(count);
  }

  @Test
  void aPeerThatReadsNoAnswersGetsNoMoreThanTheChannelHolds() {
    http();
    send(gets(3_000));
    assertThat(channel.pending()).isLessThan(WATERMARK + 2 * ANSWER);
    assertThat(endpoint.requests).isLessThan(5);
    assertThat(pressure.isStopped()).isTrue();
    assertThat(channel.config().isAutoRead()).isFalse();
  }

  @Test
  void aPeerThatReadsLaterGetsEveryAnswer() {
    http();
    send(gets(3_000));
    channel.readAll();
    assertThat(endpoint.requests).isEqualTo(3_000);
    assertThat(channel.taken).isGreaterThan(3_000L * ANSWER);
    assertThat(pressure.isStopped()).isFalse();
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aRequestWaitsForTheAnswerToTheOneBefore() {
    http();
    channel.reads = true;
    endpoint.answers = false;
    send(gets(100));
    assertThat(endpoint.requests).isEqualTo(1);
    assertThat(channel.config().isAutoRead()).isFalse();
    for (int i = 1; i <= 100; i++) {
      endpoint.answer();
      channel.settle();
      assertThat(endpoint.requests).isEqualTo(Math.min(100, i + 1));
    }
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aBodyReachesTheRequestThatIsNotAnsweredYet() {
    http();
    channel.reads = true;
    endpoint.answers = false;
    send("POST / HTTP/1.1\r\nContent-Length: 10000\r\n\r\n" + "x".repeat(9_000));
    assertThat(pressure.isStopped()).isFalse();
    send("x".repeat(1_000) + gets(1));
    assertThat(endpoint.requests).isEqualTo(1);
    endpoint.answer();
    channel.settle();
    assertThat(endpoint.requests).isEqualTo(2);
  }

  @Test
  void everythingElseThatIsWrittenCountsAsWell() {
    bytes(0);
    fill();
    send("x".repeat(100_000));
    assertThat(endpoint.reads).isZero();
    channel.readAll();
    assertThat(endpoint.reads).isEqualTo(100_000);
  }

  @Test
  void onePeerCannotUseUpTheLoop() {
    bytes(0);
    var slow = new SlowDecoder();
    channel.pipeline().addBefore(channel.pipeline().lastContext().name(), null, slow);
    int[] others = {0};
    var other =
        new Runnable() {
          @Override
          public void run() {
            others[0]++;
            if (slow.pieces < SlowDecoder.ALL) {
              channel.eventLoop().schedule(this, 0, TimeUnit.NANOSECONDS);
            }
          }
        };
    channel.eventLoop().schedule(other, 0, TimeUnit.NANOSECONDS);
    channel.writeInbound(Unpooled.wrappedBuffer(new byte[SlowDecoder.ALL * PIECE]));
    channel.settle();
    assertThat(slow.pieces).isEqualTo(SlowDecoder.ALL);
    assertThat(others[0]).isGreaterThanOrEqualTo(SlowDecoder.ALL - 1);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  /** Works on each piece for longer than a turn. */
  private static final class SlowDecoder extends ChannelInboundHandlerAdapter {
    static final int ALL = 32;
    int pieces;

    @Override
    public void channelRead(ChannelHandlerContext source, Object message) {
      pieces++;
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(3);
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      source.fireChannelRead(message);
    }
  }

  @Test
  void aPeerThatTakesNothingIsDropped() {
    bytes(0);
    fill();
    send("x");
    channel.advanceTimeBy(STALL.toMillis() - 1, TimeUnit.MILLISECONDS);
    channel.settle();
    assertThat(channel.isOpen()).isTrue();
    channel.advanceTimeBy(2, TimeUnit.MILLISECONDS);
    channel.settle();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aPeerThatTakesALittleNowAndThenIsKept() {
    bytes(0);
    fill();
    send("x");
    for (int i = 0; i < 20; i++) {
      channel.readOneByte();
      channel.advanceTimeBy(STALL.toMillis() / 2, TimeUnit.MILLISECONDS);
      channel.settle();
    }
    assertThat(channel.isOpen()).isTrue();
  }

  @Test
  void aPeerThatPassesTheHardBoundIsDropped() {
    bytes(3 * WATERMARK + 1_000);
    for (int i = 0; i < 4; i++) {
      channel.write(Unpooled.wrappedBuffer(new byte[WATERMARK]));
    }
    assertThat(channel.isOpen()).isTrue();
    channel.write(Unpooled.wrappedBuffer(new byte[1]));
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void vertxStaysPausedWhenThePeerReadsAgain() {
    bytes(0);
    fill();
    channel
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelReadComplete(ChannelHandlerContext source) {
                source.channel().config().setAutoRead(false);
              }
            });
    channel.pipeline().remove(endpoint);
    channel.pipeline().fireChannelRead(Unpooled.wrappedBuffer(new byte[10]));
    channel.pipeline().fireChannelReadComplete();
    channel.readAll();
    assertThat(pressure.isStopped()).isFalse();
    assertThat(channel.config().isAutoRead()).isFalse();
  }

  @Test
  void vertxReadsAgainWhenItResumedMeanwhile() {
    bytes(0);
    channel.config().setAutoRead(false);
    fill();
    send("x");
    channel.config().setAutoRead(true);
    assertThat(channel.config().isAutoRead()).isFalse();
    channel.readAll();
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void messagesThatWereHeldAreHandledWhenThePeerHasLeft() {
    bytes(0);
    fill();
    send("x".repeat(5_000));
    assertThat(endpoint.reads).isZero();
    channel.close();
    assertThat(endpoint.reads).isEqualTo(5_000);
  }

  @Test
  void requestsThatWereHeldAreForgottenWhenThePeerHasLeft() {
    http();
    send(gets(3_000));
    int before = endpoint.requests;
    channel.close();
    assertThat(endpoint.requests).isEqualTo(before);
  }
}

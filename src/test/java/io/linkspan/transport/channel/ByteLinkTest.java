package io.linkspan.transport.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.testing.TestMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // what a peer does not read fails when it leaves
class ByteLinkTest {

  private static final Duration STALL = Duration.ofSeconds(8);
  private static final int WATERMARK = 64 * 1024;
  private static final byte[] ANSWER = new byte[30_000];

  private static Vertx vertx;

  /** Answers each unit: one byte that states how many bytes follow, or a fixed size. */
  private static final class Link extends ByteLink {
    byte[] answer = {};
    int answers;
    int unit;
    int units;
    int reads;
    int blocked;
    boolean slow;
    boolean ended;

    Link(MemoryAccount memory, long unread) {
      super(
          (ContextInternal) vertx.getOrCreateContext(),
          new BackPressureLimits(unread, STALL, 0),
          memory);
    }

    @Override
    protected boolean handle(ByteBuf input) {
      int length = unit == 0 ? 1 + input.getUnsignedByte(input.readerIndex()) : unit;
      if (input.readableBytes() < length) {
        return false;
      }
      input.skipBytes(length);
      units++;
      long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(slow ? 3 : 0);
      while (System.nanoTime() < end) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < answers; i++) {
        write(answer);
      }
      return true;
    }

    void write(byte[] body) {
      if (begin(0, body.length) != null) {
        end(body);
      }
    }

    @Override
    protected int assembled() {
      return 0;
    }

    @Override
    protected void onRead() {
      reads++;
    }

    @Override
    protected void onWriteBlocked() {
      blocked++;
    }

    @Override
    protected void onShutdown() {
      endWhenWritten();
    }

    @Override
    protected void onEnd() {
      ended = true;
    }
  }

  private final MemoryAccount memory = TestMemory.budget().newAccount();
  private final PeerChannel channel = new PeerChannel();
  private int flushes;
  private Link link;

  @BeforeAll
  static void start() {
    vertx = Vertx.vertx();
  }

  @AfterAll
  static void stop() {
    vertx.close().await();
  }

  private void open(long unread) {
    channel
        .pipeline()
        .addLast(
            new ChannelOutboundHandlerAdapter() {
              @Override
              public void flush(ChannelHandlerContext source) {
                flushes++;
                source.flush();
              }
            });
    channel.freezeTime();
    link = new Link(memory, unread);
    channel.pipeline().addLast(link);
  }

  @AfterEach
  void release() {
    channel.settle();
    channel.close();
    channel.releaseOutbound();
    assertThat(link.ended).isTrue();
    assertThat(memory.charged(MemoryUse.ASSEMBLY)).isZero();
  }

  private void send(byte... bytes) {
    channel.writeInbound(Unpooled.wrappedBuffer(bytes));
    channel.settle();
  }

  @Test
  void unitsAreHandledWhereverTheyAreDivided() {
    open(0);
    send((byte) 2, (byte) 0);
    assertThat(link.units).isZero();
    send((byte) 0, (byte) 0, (byte) 1);
    assertThat(link.units).isEqualTo(2);
    send((byte) 0, (byte) 0);
    assertThat(link.units).isEqualTo(4);
    assertThat(link.reads).isEqualTo(3);
  }

  @Test
  void whatIsWrittenInOneReadIsFlushedOnce() {
    open(0);
    channel.reads = true;
    link.answer = new byte[] {1, 2, 3};
    link.answers = 100;
    send((byte) 0);
    assertThat(channel.taken).isEqualTo(300);
    assertThat(flushes).isEqualTo(1);
  }

  @Test
  void whatIsWrittenInOneTurnOfTheLoopIsFlushedOnce() {
    open(0);
    channel.reads = true;
    for (int i = 0; i < 5; i++) {
      link.write(new byte[100]);
    }
    assertThat(link.pendingBytes()).isEqualTo(500);
    assertThat(channel.taken).isZero();
    channel.settle();
    assertThat(channel.taken).isEqualTo(500);
    assertThat(flushes).isEqualTo(1);
    assertThat(link.pendingBytes()).isZero();
  }

  @Test
  void aPeerThatReadsNoAnswersGetsNoMoreThanTheChannelHolds() {
    open(0);
    link.answer = ANSWER;
    link.answers = 1;
    send(new byte[300]);
    assertThat(channel.pending()).isLessThan(WATERMARK + 2 * ANSWER.length);
    assertThat(link.units).isLessThan(6);
    assertThat(link.blocked).isPositive();
    assertThat(channel.config().isAutoRead()).isFalse();
    channel.readAll();
    assertThat(link.units).isEqualTo(300);
    assertThat(channel.taken).isEqualTo(300L * ANSWER.length);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void onePeerCannotUseUpTheLoop() {
    open(0);
    link.slow = true;
    int[] others = {0};
    var other =
        new Runnable() {
          @Override
          public void run() {
            others[0]++;
            if (link.units < 32) {
              channel.eventLoop().schedule(this, 0, TimeUnit.NANOSECONDS);
            }
          }
        };
    channel.eventLoop().schedule(other, 0, TimeUnit.NANOSECONDS);
    send(new byte[32]);
    assertThat(link.units).isEqualTo(32);
    assertThat(others[0]).isGreaterThanOrEqualTo(15);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aPeerThatTakesNothingIsDropped() {
    open(0);
    link.answer = ANSWER;
    link.answers = 1;
    send(new byte[10]);
    channel.advanceTimeBy(STALL.toMillis() - 1, TimeUnit.MILLISECONDS);
    channel.settle();
    assertThat(channel.isOpen()).isTrue();
    channel.advanceTimeBy(2, TimeUnit.MILLISECONDS);
    channel.settle();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void aPeerThatPassesTheHardBoundIsDropped() {
    open(100_000);
    for (int i = 0; i < 4; i++) {
      link.write(ANSWER);
    }
    assertThat(channel.isOpen()).isTrue();
    link.write(ANSWER);
    assertThat(channel.isOpen()).isFalse();
    link.write(ANSWER);
  }

  @Test
  void unitsThatWereHeldAreHandledWhenThePeerHasLeft() {
    open(0);
    link.answer = ANSWER;
    link.answers = 1;
    send(new byte[100]);
    assertThat(link.units).isLessThan(6);
    channel.close();
    assertThat(link.units).isEqualTo(100);
  }

  @Test
  void theLinkEndsWithWhatThePeerSendsAndNotWithTheSocket() {
    open(0);
    link.answer = ANSWER;
    link.answers = 1;
    send(new byte[100]);
    channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    assertThat(link.units).isEqualTo(100);
    assertThat(link.ended).isTrue();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  void nothingIsHandledAfterTheRestIsDiscarded() {
    open(0);
    send((byte) 200, (byte) 0);
    link.discard();
    send(new byte[1_000]);
    assertThat(link.units).isZero();
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void aUnitThatIsNotCompleteIsCharged() {
    open(0);
    link.unit = 10_000;
    send(new byte[9_999]);
    assertThat(memory.charged(MemoryUse.ASSEMBLY)).isEqualTo(9_999);
    send((byte) 0);
    assertThat(link.units).isEqualTo(1);
    assertThat(memory.charged(MemoryUse.ASSEMBLY)).isZero();
  }

  @Test
  void everythingIsWrittenBeforeTheConnectionEnds() {
    open(0);
    link.write(new byte[100]);
    link.endWhenWritten();
    assertThat(channel.isOpen()).isTrue();
    channel.readAll();
    assertThat(channel.taken).isEqualTo(100);
    assertThat(channel.isOpen()).isFalse();
  }
}

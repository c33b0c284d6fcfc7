package io.linkspan.listener;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The first bytes of a connection whose event loop has used up its turn, in virtual time. */
class FirstBytesTest {

  /** Notes what arrives behind the handler. */
  private final class Reader extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext source, Object read) {
      ByteBuf bytes = (ByteBuf) read;
      arrived.add(bytes.toString(StandardCharsets.US_ASCII));
      bytes.release();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext source) {
      arrived.add("read complete");
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext source, Object event) {
      arrived.add("event");
    }

    @Override
    public void channelInactive(ChannelHandlerContext source) {
      arrived.add("inactive");
    }
  }

  private final List<String> arrived = new ArrayList<>();
  private final EmbeddedChannel channel = new EmbeddedChannel(new Reader());

  @BeforeEach
  void useUpTheTurn() {
    LoopBudget budget = LoopBudget.of(channel.eventLoop());
    for (int i = 0; i < LoopBudget.IN_ONE_TURN; i++) {
      budget.take(() -> {});
    }
    FirstBytes.install(channel.pipeline());
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private void read(ByteBuf bytes) {
    // Without the tasks that a write to the channel runs.
    channel.pipeline().fireChannelRead(bytes).fireChannelReadComplete();
  }

  private void nextTurn() {
    channel.runScheduledPendingTasks();
  }

  @Test
  void waitForATurnTogetherWithWhatFollows() {
    read(bytes("GET / "));
    read(bytes("HTTP/1.1"));
    assertThat(arrived).isEmpty();
    assertThat(channel.config().isAutoRead()).isFalse();
    nextTurn();
    assertThat(arrived).containsExactly("GET / HTTP/1.1", "read complete");
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void areTheOnlyOnesThatWait() {
    read(bytes("first"));
    nextTurn();
    arrived.clear();
    assertThat(channel.pipeline().get(FirstBytes.class)).isNull();
    read(bytes("second"));
    assertThat(arrived).containsExactly("second", "read complete");
  }

  @Test
  void arePassedOnAtOnceInATurnThatHasRoom() {
    nextTurn();
    read(bytes("first"));
    assertThat(arrived).containsExactly("first", "read complete");
  }

  @Test
  void arriveBeforeTheEndOfTheirConnection() {
    read(bytes("first"));
    assertThat(channel.finish()).isFalse();
    assertThat(arrived).containsExactly("first", "read complete", "inactive");
    nextTurn();
    assertThat(arrived).hasSize(3);
  }

  @Test
  void arriveBeforeTheEndOfTheOutputOfTheClient() {
    read(bytes("first"));
    channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
    assertThat(arrived).containsExactly("first", "read complete", "event");
  }

  @Test
  void areReleasedWithAPipelineThatIsTakenApart() {
    ByteBuf first = bytes("first");
    read(first);
    channel.pipeline().remove(FirstBytes.class);
    assertThat(first.refCnt()).isZero();
    nextTurn();
    assertThat(arrived).isEmpty();
  }
}

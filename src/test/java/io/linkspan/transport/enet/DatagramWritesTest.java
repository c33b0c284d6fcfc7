package io.linkspan.transport.enet;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.SegmentedDatagramPacket;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Splits what leaves as the kernel does, and compares that with the datagrams one by one. */
class DatagramWritesTest {

  private static final int FULL = 1_400;
  private static final InetSocketAddress ALICE = new InetSocketAddress("127.0.0.1", 1);
  private static final InetSocketAddress BOB = new InetSocketAddress("127.0.0.1", 2);

  private record Sent(InetSocketAddress to, String bytes) {}

  private final List<Sent> expected = new ArrayList<>();
  private final List<ByteBuf> written = new ArrayList<>();
  private int number;

  private void write(DatagramWrites writes, InetSocketAddress to, int length) {
    byte[] bytes = new byte[length];
    new Random(number++).nextBytes(bytes);
    expected.add(new Sent(to, ByteBufUtil.hexDump(bytes)));
    ByteBuf datagram = Unpooled.directBuffer(length).writeBytes(bytes);
    written.add(datagram);
    writes.write(datagram, to);
  }

  /** Returns the datagrams that the peers receive. */
  private static List<Sent> received(EmbeddedChannel channel) {
    return received(channel, FULL);
  }

  private static List<Sent> received(EmbeddedChannel channel, int full) {
    List<Sent> received = new ArrayList<>();
    for (DatagramPacket packet; (packet = channel.readOutbound()) != null; packet.release()) {
      int length =
          packet instanceof SegmentedDatagramPacket segmented ? segmented.segmentSize() : full;
      ByteBuf content = packet.content();
      do {
        byte[] bytes = new byte[Math.min(length, content.readableBytes())];
        content.readBytes(bytes);
        received.add(new Sent(packet.recipient(), ByteBufUtil.hexDump(bytes)));
      } while (content.isReadable());
    }
    return received;
  }

  @RepeatedTest(50)
  void peersReceiveTheSameDatagramsInOrder(RepetitionInfo seed) {
    var random = new Random(seed.getCurrentRepetition());
    var channel = new EmbeddedChannel();
    var writes = new DatagramWrites(channel, true);
    for (int i = 0; i < 100; i++) {
      int length = random.nextInt(3) > 0 ? FULL : 1 + random.nextInt(FULL);
      write(writes, random.nextInt(10) > 0 ? ALICE : BOB, length);
      if (random.nextInt(30) == 0) {
        writes.flush();
      }
    }
    writes.flush();
    assertThat(received(channel)).isEqualTo(expected);
    assertThat(written).allMatch(datagram -> datagram.refCnt() == 0);
  }

  @Test
  void fullDatagramsAndTheLastOneOfAMessageLeaveAsOnePacket() {
    var channel = new EmbeddedChannel();
    var writes = new DatagramWrites(channel, true);
    for (int i = 0; i < 14; i++) {
      write(writes, ALICE, FULL);
    }
    write(writes, ALICE, 10);
    write(writes, ALICE, FULL);
    writes.flush();
    assertThat(channel.outboundMessages()).hasSize(2);
    assertThat(received(channel)).isEqualTo(expected);
  }

  @Test
  void aPacketHasNoMoreBytesAndDatagramsThanTheKernelTakes() {
    var channel = new EmbeddedChannel();
    var writes = new DatagramWrites(channel, true);
    for (int length : new int[] {4_096, FULL, 576, 512, 511, 1}) {
      for (int i = 0; i < 200; i++) {
        write(writes, ALICE, length);
      }
      writes.flush();
      for (Object packet : channel.outboundMessages()) {
        int bytes = ((DatagramPacket) packet).content().readableBytes();
        assertThat(bytes).isLessThanOrEqualTo(DatagramWrites.LONGEST);
        assertThat(bytes).isLessThanOrEqualTo(64 * length);
      }
      assertThat(received(channel, length)).isEqualTo(expected);
      expected.clear();
    }
  }

  /** Fails the packets that are to be split, with an error of Linux. */
  private static EmbeddedChannel failing(int errno) {
    // The text of an error is native.
    Epoll.ensureAvailability();
    return new EmbeddedChannel(
        new ChannelOutboundHandlerAdapter() {
          @Override
          @SuppressWarnings("FutureReturnValueIgnored") // the promise is the caller's
          public void write(ChannelHandlerContext context, Object packet, ChannelPromise promise) {
            if (packet instanceof SegmentedDatagramPacket segmented) {
              segmented.release();
              promise.setFailure(new Errors.NativeIoException("sendmsg", -errno));
            } else {
              context.write(packet, promise);
            }
          }
        });
  }

  /** Writes two datagrams twice, and returns those that the peer receives. */
  private List<Sent> receivedOfTwoPairs(EmbeddedChannel channel) {
    var writes = new DatagramWrites(channel, true);
    for (int pair = 0; pair < 2; pair++) {
      write(writes, ALICE, FULL);
      write(writes, ALICE, FULL);
      writes.flush();
    }
    return received(channel);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 22, 90, 95}) // EIO, EINVAL, EMSGSIZE, EOPNOTSUPP
  void datagramsLeaveOneByOneOnceTheKernelHasRefusedToSplitThem(int errno) {
    assertThat(receivedOfTwoPairs(failing(errno))).isEqualTo(expected.subList(2, 4));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 101, 105, 111}) // EPERM, ENETUNREACH, ENOBUFS, ECONNREFUSED
  void anErrorOnTheWayToOnePeerChangesNothingForOthers(int errno) {
    assertThat(receivedOfTwoPairs(failing(errno))).isEmpty();
  }
}

package io.linkspan.transport.enet;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.Errors;
import io.netty.channel.unix.SegmentedDatagramPacket;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes datagrams to a socket. Full ones to the same peer, such as the fragments of a long
 * message, leave as one packet that the kernel splits (UDP segmentation offload): they pass through
 * the kernel once. If the kernel refuses that, as it does for some network interfaces, every
 * datagram leaves by itself from then on. Used only on its event loop.
 */
final class DatagramWrites {

  private static final Logger LOG = LoggerFactory.getLogger(DatagramWrites.class);

  /** Bytes of one packet; the kernel takes up to 65,507, and up to 64 datagrams. */
  static final int LONGEST = 24 * 1024;

  /**
   * Datagrams below this length are not joined: so many small ones are more than the kernel takes.
   */
  private static final int SHORT = 512;

  /** Errors of Linux for what it cannot split: EIO, EINVAL, EMSGSIZE and EOPNOTSUPP. */
  private static final Set<Integer> REFUSALS = Set.of(5, 22, 90, 95);

  private final Channel channel;
  private boolean joins;

  /** The first datagram, or several of its length; null when nothing waits. */
  private ByteBuf waiting;

  private InetSocketAddress address;

  /** Bytes of each datagram that waits; the last one may be shorter. */
  private int length;

  private boolean several;

  /**
   * @param joins whether the kernel can split packets
   */
  DatagramWrites(Channel channel, boolean joins) {
    this.channel = channel;
    this.joins = joins;
  }

  /** Writes a datagram, which it releases. Those of one peer have the same object as address. */
  @SuppressWarnings("ReferenceEquality") // an equal address only costs one more packet
  void write(ByteBuf datagram, InetSocketAddress to) {
    int bytes = datagram.readableBytes();
    if (waiting != null
        && (to != address || bytes > length || waiting.readableBytes() + bytes > LONGEST)) {
      pass();
    }
    if (waiting == null) {
      waiting = datagram;
      address = to;
      length = bytes;
      several = false;
    } else {
      join(datagram);
    }
    // None follows a shorter one.
    if (!joins || bytes < length || length < SHORT) {
      pass();
    }
  }

  private void join(ByteBuf datagram) {
    if (!several) {
      ByteBuf first = waiting;
      waiting = channel.alloc().directBuffer(LONGEST);
      append(first);
      several = true;
    }
    append(datagram);
  }

  private void append(ByteBuf datagram) {
    waiting.writeBytes(datagram);
    datagram.release();
  }

  /** Passes everything to the kernel. */
  void flush() {
    pass();
    channel.flush();
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a lost datagram is sent again
  private void pass() {
    if (waiting == null) {
      return;
    }
    ByteBuf out = waiting;
    waiting = null;
    if (several) {
      channel.write(new SegmentedDatagramPacket(out, length, address)).addListener(this::written);
    } else {
      channel.write(new DatagramPacket(out, address), channel.voidPromise());
    }
  }

  private void written(Future<?> done) {
    if (joins && done.cause() instanceof Errors.NativeIoException failure && isRefusal(failure)) {
      joins = false;
      LOG.info("the kernel does not split datagrams: {}", failure.toString());
    }
  }

  /** Returns whether an error concerns the form of a packet, and not the way to its peer. */
  private static boolean isRefusal(Errors.NativeIoException failure) {
    return REFUSALS.contains(Math.abs(failure.expectedErr()));
  }
}

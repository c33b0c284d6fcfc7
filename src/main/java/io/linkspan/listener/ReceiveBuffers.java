package io.linkspan.listener;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Chooses the sizes of the buffers that connections are read into, as Netty's {@code
 * AdaptiveRecvByteBufAllocator} does, with one object of 40 bytes per connection in the place of
 * four with 144. A buffer that was filled is followed by one of {@value #GROWTH} times the size,
 * and two turns that needed less than a quarter of it by one of half the size. So what a client has
 * sent is read before a long request is refused: a connection that is closed with more of it in the
 * kernel is reset, and the client does not read why.
 */
final class ReceiveBuffers implements RecvByteBufAllocator {

  /** Serves all connections. */
  static final ReceiveBuffers SHARED = new ReceiveBuffers();

  static final int LEAST = 512;
  static final int FIRST = 2_048;
  static final int MOST = 65_536;
  private static final int GROWTH = 16;

  /** How often an event loop reads from one connection before it serves the next. */
  static final int READS_IN_ONE_TURN = 16;

  private ReceiveBuffers() {}

  @Override
  public ExtendedHandle newHandle() {
    return new Reads();
  }

  private static final class Reads implements ExtendedHandle {

    private ChannelConfig config;
    private int size = FIRST;
    private int attempted;
    private int last;

    /** Buffers and bytes of this turn. */
    private int reads;

    private int bytes;
    private boolean neededLess;

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      return allocator.ioBuffer(size);
    }

    @Override
    public int guess() {
      return size;
    }

    @Override
    public void reset(ChannelConfig config) {
      this.config = config;
      reads = 0;
      bytes = 0;
    }

    @Override
    public void incMessagesRead(int count) {
      reads += count;
    }

    @Override
    public void attemptedBytesRead(int count) {
      attempted = count;
    }

    @Override
    public int attemptedBytesRead() {
      return attempted;
    }

    @Override
    public void lastBytesRead(int count) {
      last = count;
      if (count > 0) {
        bytes += count;
        if (count == attempted && size < MOST) {
          size = Math.min(MOST, size * GROWTH);
          neededLess = false;
        }
      }
    }

    @Override
    public int lastBytesRead() {
      return last;
    }

    @Override
    public boolean continueReading() {
      return continueReading(() -> last == attempted);
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier mayHaveMore) {
      return config.isAutoRead() && reads < READS_IN_ONE_TURN && bytes > 0 && mayHaveMore.get();
    }

    @Override
    public void readComplete() {
      boolean needsLess = bytes < size / 4 && size > LEAST;
      if (needsLess && neededLess) {
        size /= 2;
      }
      neededLess = needsLess && !neededLess;
    }
  }
}

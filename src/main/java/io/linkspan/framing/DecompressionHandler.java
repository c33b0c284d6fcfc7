package io.linkspan.framing;

import io.linkspan.protocol.compression.Decompressor;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.compression.JdkZlibEncoder;

/**
 * Inflates what a link receives, and bounds the inflated size of each read. Releases the native
 * memory of both directions when the link ends.
 */
final class DecompressionHandler extends ChannelInboundHandlerAdapter {

  private static final int PIECE = 8 << 10;

  private final Decompressor decompressor;
  private final int limit;
  private final JdkZlibEncoder compressor;
  private boolean ended;

  /**
   * Creates the handler of a new link.
   *
   * @param limit most bytes to which one read may inflate
   * @param compressor of the other direction
   */
  DecompressionHandler(Decompressor.Format format, int limit, JdkZlibEncoder compressor) {
    decompressor = new Decompressor(format);
    this.limit = limit;
    this.compressor = compressor;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf compressed = (ByteBuf) message;
    byte[] bytes;
    try {
      bytes = ByteBufUtil.getBytes(compressed);
    } finally {
      compressed.release();
    }
    if (ended) {
      return;
    }
    boolean whole = false;
    try {
      inflate(context, bytes);
      whole = true;
    } finally {
      // After a violation the state is undefined: nothing further is read.
      ended |= !whole;
    }
  }

  private void inflate(ChannelHandlerContext context, byte[] bytes) {
    decompressor.input(bytes);
    int total = 0;
    while (!ended) {
      ByteBuf piece = context.alloc().heapBuffer(PIECE, PIECE);
      int inflated = 0;
      try {
        inflated = decompressor.inflate(piece.array(), piece.arrayOffset(), PIECE);
      } finally {
        if (inflated == 0) {
          piece.release();
        }
      }
      if (inflated == 0) {
        return;
      }
      total += inflated;
      if (total > limit) {
        piece.release();
        throw new TooLongFrameException("more than " + limit + " bytes once inflated");
      }
      context.fireChannelRead(piece.writerIndex(inflated));
    }
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the last bytes cannot be sent any more
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    compressor.close();
    super.channelInactive(context);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    ended = true;
    decompressor.close();
  }
}

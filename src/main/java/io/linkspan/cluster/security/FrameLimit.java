package io.linkspan.cluster.security;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;

/**
 * Bounds the frames that arrive on a connection of the event bus. Vert.x collects as many bytes as
 * the peer announces, up to 2 GiB. Stands behind TLS and before Vert.x's reader.
 *
 * <pre>
 *    4 bytes   length of the rest, big-endian
 *    n bytes   version, codec, kind, address, reply address, sender, headers, body
 * </pre>
 */
@SuppressWarnings("FutureReturnValueIgnored") // the pipeline reports the end of a connection
final class FrameLimit extends ChannelInboundHandlerAdapter {

  private static final int LENGTH_BYTES = 4;

  /** Three bytes, three texts without content, and the length of no headers. */
  private static final int SHORTEST = 3 + 4 * 4;

  /** Far more than a gateway sends at once. */
  static final int LONGEST = 64 << 20;

  private final PendingPeers pending;
  private final RejectedPeers rejected;
  private int length;
  private int lengthBytes;
  private int rest;
  private boolean closing;

  FrameLimit(PendingPeers pending, RejectedPeers rejected) {
    this.pending = pending;
    this.rejected = rejected;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    if (context.pipeline().get(SslHandler.class) != null) {
      pending.add(context.channel(), () -> context.close());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (closing || (message instanceof ByteBuf bytes && !isBounded(bytes))) {
      ReferenceCountUtil.release(message);
      if (!closing) {
        closing = true;
        rejected.add(context.channel().remoteAddress(), "a frame of " + length + " bytes");
        context.close();
      }
      return;
    }
    context.fireChannelRead(message);
  }

  private boolean isBounded(ByteBuf bytes) {
    int index = bytes.readerIndex();
    while (index < bytes.writerIndex()) {
      if (rest > 0) {
        int skipped = Math.min(rest, bytes.writerIndex() - index);
        rest -= skipped;
        index += skipped;
        continue;
      }
      length = length << Byte.SIZE | bytes.getUnsignedByte(index++);
      if (++lengthBytes == LENGTH_BYTES) {
        if (length < SHORTEST || length > LONGEST) {
          return false;
        }
        rest = length;
        length = 0;
        lengthBytes = 0;
      }
    }
    return true;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      pending.remove(context.channel());
      if (!handshake.isSuccess()) {
        rejected.add(context.channel().remoteAddress(), reason(handshake.cause()));
      }
    }
    context.fireUserEventTriggered(event);
  }

  private static String reason(Throwable cause) {
    // Its message is the bytes that the peer has sent.
    return cause instanceof NotSslRecordException
        ? "it does not speak TLS"
        : String.valueOf(cause.getMessage());
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    pending.remove(context.channel());
    context.fireChannelInactive();
  }
}

package io.linkspan.transport.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtension;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionDecoder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Inflates the messages of permessage-deflate (RFC 7692, section 7.2.2), frame by frame. A fragment
 * may end within a block, so that nothing comes out of it; Netty's decoder fails there. Inflates at
 * most {@code maxMessage} bytes of one message.
 */
final class InflateDecoder extends WebSocketExtensionDecoder {

  private static final byte[] EMPTY_BLOCK = {0, 0, -1, -1};
  private static final int CHUNK = 1024;

  private final boolean noContext;
  private final int maxMessage;

  /** Null while there is nothing to remember. */
  private Inflater inflater;

  /** Whether the message that is being received is compressed. */
  private boolean compressed;

  /** Bytes of the message so far. */
  private long length;

  /**
   * @param noContext whether each message is compressed by itself
   * @param maxMessage bytes of a message that is inflated
   */
  InflateDecoder(boolean noContext, int maxMessage) {
    this.noContext = noContext;
    this.maxMessage = maxMessage;
  }

  @Override
  public boolean acceptInboundMessage(Object message) {
    if (message instanceof TextWebSocketFrame || message instanceof BinaryWebSocketFrame) {
      return (((WebSocketFrame) message).rsv() & WebSocketExtension.RSV1) != 0;
    }
    return message instanceof ContinuationWebSocketFrame && compressed;
  }

  @Override
  protected void decode(ChannelHandlerContext context, WebSocketFrame frame, List<Object> out) {
    boolean last = frame.isFinalFragment();
    if (!(frame instanceof ContinuationWebSocketFrame)) {
      length = 0;
    }
    compressed = !last;
    ByteBuf inflated = context.alloc().heapBuffer();
    try {
      inflate(frame.content().nioBuffer(), inflated);
      if (last) {
        inflate(ByteBuffer.wrap(EMPTY_BLOCK), inflated);
        if (noContext) {
          end();
        }
      }
    } catch (DataFormatException e) {
      inflated.release();
      throw new CodecException("damaged compression", e);
    } catch (DecompressionException e) {
      inflated.release();
      throw e;
    }
    out.add(withContent(frame, inflated));
  }

  private void inflate(ByteBuffer input, ByteBuf into) throws DataFormatException {
    if (inflater == null) {
      inflater = new Inflater(true);
    }
    inflater.setInput(input);
    while (true) {
      into.ensureWritable(CHUNK);
      int inflated =
          inflater.inflate(
              into.array(), into.arrayOffset() + into.writerIndex(), into.writableBytes());
      into.writerIndex(into.writerIndex() + inflated);
      length += inflated;
      if (length > maxMessage) {
        throw new DecompressionException("a message of more than " + maxMessage + " bytes");
      }
      if (inflater.finished()) {
        // A final block (section 7.2.3.4): what follows it is a stream of its own.
        inflater.reset();
        if (!input.hasRemaining()) {
          return;
        }
        inflater.setInput(input);
      } else if (inflated == 0) {
        return;
      }
    }
  }

  private static WebSocketFrame withContent(WebSocketFrame frame, ByteBuf content) {
    int rsv = frame.rsv() & ~WebSocketExtension.RSV1;
    boolean last = frame.isFinalFragment();
    if (frame instanceof TextWebSocketFrame) {
      return new TextWebSocketFrame(last, rsv, content);
    }
    return frame instanceof BinaryWebSocketFrame
        ? new BinaryWebSocketFrame(last, rsv, content)
        : new ContinuationWebSocketFrame(last, rsv, content);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) throws Exception {
    end();
    super.handlerRemoved(context);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    end();
    super.channelInactive(context);
  }

  private void end() {
    if (inflater != null) {
      inflater.end();
      inflater = null;
    }
  }
}

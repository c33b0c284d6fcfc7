package io.linkspan.transport.websocket;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;

/**
 * What Vert.x's WebSocket does not offer, in one place: writes that are flushed once per turn of
 * the event loop, how much is not written yet and whether the peer takes it, life at the level of
 * bytes, a close frame for frames that break the protocol, and an end without a handshake.
 *
 * <p>Stands in the socket's Netty pipeline in front of the decoder and behind it. Used only on the
 * connection's event loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures of a void promise end the channel
final class WebSocketLink {

  /** What a link tells its connection. */
  interface Listener {

    /** Bytes came, before any frame in them is handled. */
    void onRead();

    /**
     * What came is no WebSocket frame, or one that is too large. Nothing further is read.
     *
     * @param tooLarge whether it was the size
     */
    void onViolation(boolean tooLarge);

    /** All that waited was flushed, and some of it the socket did not take. */
    void onWriteBlocked();
  }

  private final ChannelHandlerContext context;
  private final Channel channel;
  private final Listener listener;
  private final Runnable flushLater = this::flush;
  private ChannelHandlerContext firstContext;
  private boolean reading;
  private boolean discarding;
  private boolean closing;
  private boolean dirty;
  private Object lastOutgoing;
  private long lastPending;
  private long lastProgress;

  WebSocketLink(ServerWebSocket socket, Listener listener) {
    this.listener = listener;
    context = ((WebSocketInternal) socket).channelHandlerContext();
    channel = context.channel();
    ChannelPipeline pipeline = channel.pipeline();
    if (pipeline.get(IdleStateHandler.class) != null) {
      // Was for HTTP; a WebSocket has its heartbeat.
      pipeline.remove(IdleStateHandler.class);
    }
    pipeline.addFirst(new ByteHandler());
    pipeline.addBefore(context.name(), null, new FrameGuard());
  }

  /** Writes a text or binary message; the bytes may be shared and are not changed. */
  void write(boolean text, byte[] message) {
    var payload = Unpooled.wrappedBuffer(message);
    write(text ? new TextWebSocketFrame(payload) : new BinaryWebSocketFrame(payload));
  }

  void writePing() {
    write(new PingWebSocketFrame());
  }

  /** Gives the socket what waits. */
  void flush() {
    if (!dirty) {
      return;
    }
    dirty = false;
    channel.flush();
    if (pendingBytes() > 0) {
      listener.onWriteBlocked();
    }
  }

  /** Bytes that the socket has not taken. */
  long pendingBytes() {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }

  /** Whether the peer has taken anything since this was last asked. */
  boolean outputMoved() {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    if (buffer == null) {
      return false;
    }
    Object outgoing = buffer.current();
    long progress = buffer.currentProgress();
    long pending = buffer.totalPendingWriteBytes();
    boolean moved = outgoing != lastOutgoing || progress != lastProgress || pending < lastPending;
    lastOutgoing = outgoing;
    lastProgress = progress;
    lastPending = pending;
    return moved;
  }

  /**
   * Says goodbye; the TCP connection ends when the peer has answered, or by {@link #abort}. Nothing
   * but that answer is read any more. Vert.x is not asked, since its own wait for the answer begins
   * only when the close frame is written, which a peer that does not read can put off for ever.
   */
  void close(int code, String reason) {
    closing = true;
    write(new CloseWebSocketFrame(new WebSocketCloseStatus(code, reason)));
    flush();
  }

  /** Ends the TCP connection now, whatever waits to be written. */
  void abort() {
    firstContext.close();
  }

  private void write(WebSocketFrame frame) {
    context.write(frame, context.voidPromise());
    if (dirty) {
      return;
    }
    dirty = true;
    if (!reading) {
      channel.eventLoop().execute(flushLater);
    }
  }

  private final class ByteHandler extends ChannelInboundHandlerAdapter {

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      firstContext = added;
    }

    @Override
    public void channelRead(ChannelHandlerContext source, Object bytes) {
      if (discarding) {
        // Reading on, so that the close frame is not overtaken by a TCP reset.
        ReferenceCountUtil.release(bytes);
        return;
      }
      if (!reading) {
        reading = true;
        listener.onRead();
      }
      source.fireChannelRead(bytes);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext source) {
      source.fireChannelReadComplete();
      reading = false;
      flush();
    }
  }

  private final class FrameGuard extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext source, Object frame) {
      if (!closing) {
        source.fireChannelRead(frame);
        return;
      }
      ReferenceCountUtil.release(frame);
      if (frame instanceof CloseWebSocketFrame) {
        abort();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext source, Throwable cause) {
      if (discarding) {
        return;
      }
      boolean bomb = isBomb(cause);
      if (!bomb && !(cause instanceof CorruptedWebSocketFrameException)) {
        source.fireExceptionCaught(cause);
        return;
      }
      discarding = true;
      listener.onViolation(
          bomb
              || ((CorruptedWebSocketFrameException) cause)
                  .closeStatus()
                  .equals(WebSocketCloseStatus.MESSAGE_TOO_BIG));
    }

    /** A compressed message that is too large once it is not compressed. */
    private boolean isBomb(Throwable cause) {
      return cause instanceof DecompressionException
          || (cause != null && cause.getCause() instanceof DecompressionException);
    }
  }
}

package io.linkspan.transport.http;

import io.linkspan.transport.channel.ChannelLink;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.compression.DecompressionException;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocket08FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionDecoder;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtensionHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.internal.http.WebSocketInternal;

/**
 * Adds to a Vert.x WebSocket, beyond a {@link ChannelLink}: a limit for frames that is the
 * endpoint's own, a close frame for frames that break the protocol, and an end without a handshake.
 *
 * <p>Stands in the socket's Netty pipeline in front of the decoder and behind it. Used only on the
 * connection's event loop.
 */
public final class WebSocketLink {

  /** Receives the events of a link. */
  public interface Listener extends ChannelLink.Listener {

    /**
     * The client sent bytes that are not a WebSocket frame, or one that is too large. Nothing
     * further is read.
     *
     * @param tooLarge whether it was the size
     */
    void onViolation(boolean tooLarge);
  }

  private final ChannelHandlerContext context;
  private final Listener listener;
  private final ChannelLink link;
  private boolean closing;

  /**
   * Stands in the pipeline of a WebSocket whose upgrade was answered in this turn.
   *
   * @param maxFrame bytes of one frame; a larger one is refused by its head, unread
   */
  public WebSocketLink(ServerWebSocket socket, int maxFrame, Listener listener) {
    this.listener = listener;
    context = ((WebSocketInternal) socket).channelHandlerContext();
    ChannelPipeline pipeline = context.channel().pipeline();
    if (pipeline.get(IdleStateHandler.class) != null) {
      // Was for HTTP; a WebSocket has its heartbeat.
      pipeline.remove(IdleStateHandler.class);
    }
    limitFrames(pipeline, maxFrame);
    link = new ChannelLink(context, listener);
    pipeline.addBefore(context.name(), null, new FrameGuard());
  }

  /** Sets the endpoint's own limit in place of the one of the port. */
  private static void limitFrames(ChannelPipeline pipeline, int maxFrame) {
    boolean extensions =
        pipeline.get(WebSocketExtensionDecoder.class) != null
            || pipeline.get(WebSocketServerExtensionHandler.class) != null;
    pipeline.replace(
        WebSocket08FrameDecoder.class,
        null,
        new WebSocket13FrameDecoder(
            WebSocketDecoderConfig.newBuilder()
                .expectMaskedFrames(true)
                .allowExtensions(extensions)
                .maxFramePayloadLength(maxFrame)
                .closeOnProtocolViolation(false)
                .build()));
  }

  /** Writes a text or binary message; the bytes may be shared and are not changed. */
  public void write(boolean text, byte[] message) {
    var payload = Unpooled.wrappedBuffer(message);
    write(text ? new TextWebSocketFrame(payload) : new BinaryWebSocketFrame(payload));
  }

  /** Writes a text message. */
  public void writeText(String message) {
    write(new TextWebSocketFrame(ByteBufUtil.writeUtf8(context.alloc(), message)));
  }

  /** Writes a ping. */
  public void writePing() {
    write(new PingWebSocketFrame());
  }

  /** Returns the link below the frames. */
  public ChannelLink channel() {
    return link;
  }

  /**
   * Sends a close frame. The TCP connection ends when the peer has answered, or by {@link
   * ChannelLink#abort}. Only that answer is read from now on. Vert.x's own close is not used: its
   * time-out starts when the close frame is written, which a peer that does not read can delay for
   * ever.
   */
  public void close(int code, String reason) {
    close(new CloseWebSocketFrame(new WebSocketCloseStatus(code, reason)));
  }

  /** Sends a close frame without a code. */
  public void close() {
    close(new CloseWebSocketFrame());
  }

  private void close(CloseWebSocketFrame frame) {
    closing = true;
    write(frame);
    link.flush();
  }

  private void write(WebSocketFrame frame) {
    link.write(frame);
  }

  private final class FrameGuard extends ChannelInboundHandlerAdapter {

    private boolean violated;

    @Override
    public void channelRead(ChannelHandlerContext source, Object frame) {
      if (!closing) {
        source.fireChannelRead(frame);
        return;
      }
      ReferenceCountUtil.release(frame);
      if (frame instanceof CloseWebSocketFrame) {
        link.abort();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext source, Throwable cause) {
      if (violated) {
        return;
      }
      boolean bomb = isBomb(cause);
      if (!bomb && !(cause instanceof CorruptedWebSocketFrameException)) {
        source.fireExceptionCaught(cause);
        return;
      }
      violated = true;
      link.discard();
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

package io.linkspan.transport.http;

import io.linkspan.listener.RequestValidator;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.OutOfMemory;
import io.linkspan.protocol.websocket.MessageAssembler;
import io.linkspan.protocol.websocket.WebSocketViolation;
import io.linkspan.protocol.websocket.WebSocketViolationException;
import io.linkspan.transport.channel.ChannelLink;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.CodecException;
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
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionDecoder;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtensionHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.internal.http.WebSocketInternal;
import java.util.zip.DataFormatException;

/**
 * Reads and writes the messages of a WebSocket as RFC 6455 defines them. Adds to a Vert.x
 * WebSocket, beyond a {@link ChannelLink}: a limit for frames and messages that is the endpoint's
 * own, whole messages with checked text, the code of the close frame for each breach of the
 * protocol, and an end without a handshake.
 *
 * <pre>
 *               close
 *   OPEN ─────────────────────► CLOSING
 *    │ │    close of the peer
 *    │ └──────────────────────► ENDED_BY_PEER
 *    └── violation ───────────► FAILED
 * </pre>
 *
 * <p>Stands in the socket's Netty pipeline in front of the decoder and behind it. Used only on the
 * connection's event loop.
 */
public final class WebSocketLink {

  /** Receives the events of a link. */
  public interface Listener extends ChannelLink.Listener {

    /** A whole text message arrived. */
    void onText(String text);

    /** A whole binary message arrived. */
    void onBinary(Buffer message);

    /**
     * The client closes, and Vert.x answers its close frame. Nothing further is read.
     *
     * @param code of the close frame; 1005 when it has none
     */
    void onClose(int code);

    /** The client broke the protocol. Nothing further is read; the listener closes the link. */
    void onViolation(WebSocketViolation violation);
  }

  private enum State {
    OPEN,
    FAILED,
    CLOSING,
    ENDED_BY_PEER
  }

  /** The first number that is not a close code (section 7.4.2). */
  private static final int CODES_END = 5000;

  private final ChannelHandlerContext context;
  private final Listener listener;
  private final ChannelLink link;
  private final MessageAssembler assembler;
  private final FrameDecoder decoder;
  private State state = State.OPEN;

  /**
   * Stands in the pipeline of a WebSocket whose upgrade was answered in this turn.
   *
   * @param maxMessage bytes of one message, and of one frame; a larger frame is refused by its
   *     head, unread
   * @param memory of the event loop
   */
  public WebSocketLink(
      ServerWebSocket socket, int maxMessage, MemoryAccount memory, Listener listener) {
    this.listener = listener;
    assembler = new MessageAssembler(maxMessage);
    context = ((WebSocketInternal) socket).channelHandlerContext();
    ChannelPipeline pipeline = context.channel().pipeline();
    if (pipeline.get(IdleStateHandler.class) != null) {
      // Was for HTTP; a WebSocket has its heartbeat.
      pipeline.remove(IdleStateHandler.class);
    }
    if (pipeline.get(OutOfMemory.Watch.class) != null) {
      // The link itself looks at failures.
      pipeline.remove(OutOfMemory.Watch.INSTANCE);
    }
    RequestValidator.removeFrom(pipeline);
    decoder = limitFrames(pipeline, maxMessage);
    link = new ChannelLink(context, memory, this::unfinished, listener);
    pipeline.addBefore(context.name(), null, new FrameGuard());
    socket.frameHandler(this::onFrame);
  }

  /** Sets the endpoint's own limit in place of the one of the port. */
  private static FrameDecoder limitFrames(ChannelPipeline pipeline, int maxFrame) {
    boolean extensions =
        pipeline.get(WebSocketExtensionDecoder.class) != null
            || pipeline.get(WebSocketServerExtensionHandler.class) != null;
    var decoder =
        new FrameDecoder(
            WebSocketDecoderConfig.newBuilder()
                .expectMaskedFrames(true)
                .allowExtensions(extensions)
                .maxFramePayloadLength(maxFrame)
                .closeOnProtocolViolation(false)
                .build());
    pipeline.replace(WebSocket08FrameDecoder.class, null, decoder);
    return decoder;
  }

  private int unfinished() {
    return decoder.unfinished() + assembler.unfinished();
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
   * ChannelLink#abort}. Only that answer is read from now on; after a violation nothing is, and the
   * write side ends at once (RFC 6455, section 7.1.7). Vert.x's own close is not used: its time-out
   * starts when the close frame is written, which a peer that does not read can delay for ever.
   */
  public void close(int code, String reason) {
    close(new CloseWebSocketFrame(new WebSocketCloseStatus(code, reason)));
  }

  /** Sends a close frame without a code. */
  public void close() {
    close(new CloseWebSocketFrame());
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a failure ends the channel
  private void close(CloseWebSocketFrame frame) {
    switch (state) {
      case OPEN -> {
        state = State.CLOSING;
        write(frame);
        link.flush();
      }
      case FAILED -> {
        ChannelPromise written = context.newPromise();
        written.addListener(ignored -> endOutput());
        context.writeAndFlush(frame, written);
      }
      case CLOSING, ENDED_BY_PEER -> frame.release();
    }
  }

  /** Ends the write side, so that the peer reads the close frame before the connection ends. */
  @SuppressWarnings("FutureReturnValueIgnored") // a failure ends the channel
  private void endOutput() {
    SslHandler tls = context.pipeline().get(SslHandler.class);
    if (tls != null) {
      tls.closeOutbound();
    } else if (context.channel() instanceof DuplexChannel channel) {
      channel.shutdownOutput();
    }
  }

  private void write(io.netty.handler.codec.http.websocketx.WebSocketFrame frame) {
    link.write(frame);
  }

  private static final class FrameDecoder extends WebSocket13FrameDecoder {

    FrameDecoder(WebSocketDecoderConfig config) {
      super(config);
    }

    int unfinished() {
      return actualReadableBytes();
    }
  }

  private void onFrame(WebSocketFrame frame) {
    if (state != State.OPEN) {
      return;
    }
    try {
      switch (frame.type()) {
        case TEXT, BINARY ->
            onMessage(assembler.first(frame.isText(), frame.isFinal(), frame.binaryData()));
        case CONTINUATION -> onMessage(assembler.next(frame.isFinal(), frame.binaryData()));
        case CLOSE -> {
          state = State.ENDED_BY_PEER;
          listener.onClose(frame.closeStatusCode());
        }
        case PING, PONG -> {
          // Vert.x answers pings.
        }
      }
    } catch (WebSocketViolationException e) {
      fail(e.violation());
    }
  }

  private void onMessage(Buffer message) {
    if (message == null) {
      return;
    }
    if (assembler.text()) {
      listener.onText(MessageAssembler.decode(message));
    } else {
      listener.onBinary(message);
    }
  }

  private void fail(WebSocketViolation violation) {
    if (state != State.OPEN) {
      return;
    }
    state = State.FAILED;
    link.discard();
    listener.onViolation(violation);
  }

  /** Lets frames pass to Vert.x while the link is open, and translates what decoders throw. */
  private final class FrameGuard extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext source, Object frame) {
      if (state == State.OPEN && isValid(frame)) {
        if (frame instanceof CloseWebSocketFrame close && !source.channel().isActive()) {
          end(close);
        } else {
          source.fireChannelRead(frame);
        }
        return;
      }
      ReferenceCountUtil.release(frame);
      if (state == State.CLOSING && frame instanceof CloseWebSocketFrame) {
        link.abort();
      }
    }

    /** Takes a close frame that Vert.x would answer although the connection has ended. */
    private void end(CloseWebSocketFrame close) {
      int code = close.statusCode();
      close.release();
      state = State.ENDED_BY_PEER;
      listener.onClose(code < 0 ? WebSocketCloseStatus.EMPTY.code() : code);
    }

    /** Fails the connection for a close code that may not be sent (section 7.4). */
    private boolean isValid(Object frame) {
      if (frame instanceof CloseWebSocketFrame close && !isValidBody(close.content())) {
        fail(WebSocketViolation.PROTOCOL_ERROR);
        return false;
      }
      return true;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext source, Throwable cause) {
      if (cause instanceof CodecException) {
        fail(violation(cause));
      } else {
        source.fireExceptionCaught(cause);
      }
    }
  }

  private static boolean isValidBody(ByteBuf close) {
    if (!close.isReadable()) {
      return true;
    }
    int code = close.getUnsignedShort(close.readerIndex());
    return code < CODES_END && WebSocketCloseStatus.isValidStatusCode(code);
  }

  private static WebSocketViolation violation(Throwable cause) {
    if (cause instanceof CorruptedWebSocketFrameException corrupted) {
      return corrupted.closeStatus().equals(WebSocketCloseStatus.MESSAGE_TOO_BIG)
          ? WebSocketViolation.TOO_LARGE
          : WebSocketViolation.PROTOCOL_ERROR;
    }
    boolean inflated = false;
    for (Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof DataFormatException) {
        return WebSocketViolation.INVALID_PAYLOAD;
      }
      inflated |= at instanceof DecompressionException;
    }
    // Valid data that inflates to more than the limit.
    return inflated ? WebSocketViolation.TOO_LARGE : WebSocketViolation.INVALID_PAYLOAD;
  }
}

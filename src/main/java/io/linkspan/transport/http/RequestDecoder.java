package io.linkspan.transport.http;

import io.linkspan.transport.channel.HttpTurns;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.List;

/**
 * Decodes requests as Vert.x does, and stops behind a request for an upgrade until that is
 * answered: what follows may be frames. They are passed on as they are when the decoder is removed.
 *
 * <pre>
 *              request for an upgrade
 *   DECODING ─────────────────────────► WAITING
 *      ▲                                  │ │
 *      └─────── answered, not upgraded ───┘ └── upgraded ──► removed
 * </pre>
 *
 * <p>Used only on the event loop of its connection.
 */
final class RequestDecoder extends VertxHttpRequestDecoder {

  private ChannelHandlerContext context;
  private boolean waiting;

  private final UpgradeConfig upgrades;

  private RequestDecoder(HttpServerOptions options, UpgradeConfig upgrades) {
    super(options);
    this.upgrades = upgrades;
  }

  /** Takes the place of Vert.x's decoder in the pipeline of a new connection. */
  static RequestDecoder install(
      ChannelPipeline pipeline, HttpServerOptions options, UpgradeConfig upgrades) {
    var decoder = new RequestDecoder(options, upgrades);
    pipeline.replace(HttpRequestDecoder.class, null, decoder);
    return decoder;
  }

  /** Returns the settings of connections that are upgraded. */
  UpgradeConfig upgrades() {
    return upgrades;
  }

  @Override
  protected void decode(ChannelHandlerContext source, ByteBuf in, List<Object> out)
      throws Exception {
    if (waiting) {
      return;
    }
    super.decode(source, in, out);
    // A request with a body is not one for a WebSocket.
    if (out.size() == 2
        && out.get(0) instanceof HttpRequest request
        && out.get(1) instanceof LastHttpContent
        && HttpTurns.asksForUpgrade(request)) {
      waiting = true;
      context = source;
    }
  }

  /** Returns whether a request for an upgrade is not answered. */
  boolean isWaiting() {
    return waiting;
  }

  /** Decodes what has arrived behind a request for an upgrade that is answered. */
  void answered() {
    if (waiting && !context.isRemoved()) {
      waiting = false;
      try {
        channelRead(context, Unpooled.EMPTY_BUFFER);
        channelReadComplete(context);
      } catch (Exception e) {
        context.fireExceptionCaught(e);
      }
    }
  }
}

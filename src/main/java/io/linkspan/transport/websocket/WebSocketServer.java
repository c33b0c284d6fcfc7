package io.linkspan.transport.websocket;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtensionHandler;
import io.vertx.core.http.HttpServerOptions;
import java.util.List;
import java.util.function.Consumer;

/** Settings that the WebSocket transport needs of its HTTP server. */
public final class WebSocketServer {

  /**
   * Chooses the first subprotocol that a client offers. Socket.IO clients fail without one; the
   * endpoint for plain WebSocket removes from the offer what it does not speak.
   */
  private static final String ANY_SUBPROTOCOL = "*";

  private WebSocketServer() {}

  /**
   * Options of the server's own.
   *
   * @param maxMessageSize of any endpoint's messages; each endpoint has its own limit below it
   */
  public static HttpServerOptions options(WebSocketConfig config, int maxMessageSize) {
    return new HttpServerOptions()
        .setWebSocketSubProtocols(List.of(ANY_SUBPROTOCOL))
        .setMaxWebSocketFrameSize(maxMessageSize)
        .setMaxWebSocketMessageSize(maxMessageSize)
        .setRegisterWebSocketWriteHandlers(false)
        // Vert.x has both on by default, and they keep hundreds of kilobytes per connection.
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(config.compression());
  }

  /**
   * Prepares the pipeline of a new connection, before its first request. Vert.x's own handler for
   * permessage-deflate knows no limit for what a small frame may become: another takes its place.
   */
  public static Consumer<ChannelPipeline> extensions(WebSocketConfig config, int maxMessageSize) {
    if (!config.compression()) {
      return pipeline -> {};
    }
    return pipeline ->
        pipeline.replace(
            WebSocketServerExtensionHandler.class, null, new DeflateHandler(maxMessageSize));
  }
}

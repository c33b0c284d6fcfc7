package io.linkspan.transport.http;

import io.linkspan.protocol.websocket.DeflateOffer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.net.impl.VertxHandler;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * Takes a connection from HTTP to WebSocket: answers the request with 101 (RFC 6455, section
 * 4.2.2), and removes every handler of HTTP and Vert.x, which hold several times the memory of a
 * {@link WebSocketLink}. Vert.x is notified as if the connection had ended, and closes it with its
 * server nevertheless.
 */
final class ProtocolSwitch {

  private static final String KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final CharSequence KEY = HttpHeaders.createOptimized("Sec-WebSocket-Key");
  private static final CharSequence EXTENSIONS =
      HttpHeaders.createOptimized("Sec-WebSocket-Extensions");

  private ProtocolSwitch() {}

  /**
   * Switches the connection of a request that {@link Upgrade#check} allows and that is not
   * answered. The decoder is not at work in this turn.
   *
   * @param next adds the handler of the WebSocket, which gets the bytes that came behind the
   *     request
   */
  @SuppressWarnings("FutureReturnValueIgnored") // a failure ends the channel
  static void run(HttpServerRequest request, Consumer<UpgradedConnection> next) {
    var connection = (HttpServerConnection) request.connection();
    ChannelHandlerContext http = connection.channelHandlerContext();
    ChannelPipeline pipeline = http.pipeline();
    Channel channel = http.channel();
    RequestDecoder decoder = pipeline.get(RequestDecoder.class);
    UpgradeConfig config = decoder.upgrades();
    DeflateOffer deflate =
        config.compression() ? DeflateOffer.firstOf(request.getHeader(EXTENSIONS)) : null;
    ByteBuf answer = ByteBufUtil.writeAscii(channel.alloc(), answer(request, deflate));
    var upgraded = new UpgradedConnection(channel, connection.context(), config.limits(), deflate);
    request.response().setStatusCode(HttpResponseStatus.SWITCHING_PROTOCOLS.code());
    ((VertxHandler<?>) http.handler()).channelInactive(http);
    List<ChannelHandler> handlers = new ArrayList<>(pipeline.toMap().values());
    Collections.reverse(handlers);
    for (ChannelHandler handler : handlers) {
      if (handler == decoder) {
        pipeline.write(answer);
        next.accept(upgraded);
      }
      // The decoder, and then what stands in front of it, pass on the bytes that they hold.
      if (!(handler instanceof SslHandler)) {
        pipeline.remove(handler);
      }
    }
    pipeline.fireChannelReadComplete();
    pipeline.flush();
    channel.config().setAutoRead(true);
  }

  private static String answer(HttpServerRequest request, DeflateOffer deflate) {
    String subprotocol = subprotocol(request.getHeader(HttpCredentials.SUBPROTOCOLS));
    return "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
        + "sec-websocket-accept: "
        + accept(request.getHeader(KEY))
        + (subprotocol == null ? "" : "\r\nsec-websocket-protocol: " + subprotocol)
        + (deflate == null ? "" : "\r\nsec-websocket-extensions: " + deflate.answer())
        + "\r\n\r\n";
  }

  /**
   * Chooses the first subprotocol that a client offers. Socket.IO clients fail without one; the
   * endpoint for plain WebSocket removes from the offer what it does not speak.
   */
  private static String subprotocol(String offers) {
    return offers == null ? null : offers.split(",", 2)[0].strip();
  }

  private static String accept(String key) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      byte[] digest = sha1.digest((key + KEY_SUFFIX).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}

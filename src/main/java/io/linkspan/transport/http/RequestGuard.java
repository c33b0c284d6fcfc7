package io.linkspan.transport.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import java.util.HexFormat;
import java.util.List;

/**
 * Brings the heads of requests into the form that Vert.x reads: lists that are spread over several
 * fields (RFC 9110, section 5.3) are joined, an upgrade is named alone, and characters that a URI
 * may not have are encoded. Reports a request that waits behind one without a response, and lets
 * the decoder go on when a request for an upgrade has a response.
 *
 * <p>Stands in the pipeline between Netty's codec and Vert.x's connection until the connection is
 * upgraded. Used only on the event loop of its connection.
 */
public final class RequestGuard extends ChannelDuplexHandler {

  private static final List<AsciiString> LISTS =
      List.of(
          HttpHeaderNames.CONNECTION,
          HttpHeaderNames.UPGRADE,
          HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL,
          HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS);

  private static final String INVALID = "\"<>\\^`{|}";

  private final RequestDecoder decoder;
  private int requests;
  private boolean interim;
  private Runnable onFollowed;

  /**
   * @param decoder in front of it
   */
  RequestGuard(RequestDecoder decoder) {
    this.decoder = decoder;
  }

  /**
   * Calls back when another request arrives on the connection before this one has its response (RFC
   * 9112, section 9.3.2), at once when one has. Called on the event loop of the request, in front
   * of which no other one waits for its response.
   */
  public static void whenFollowed(HttpServerRequest request, Runnable callback) {
    RequestGuard guard =
        ((HttpServerConnection) request.connection())
            .channelHandlerContext()
            .pipeline()
            .get(RequestGuard.class);
    if (guard == null) {
      return;
    }
    if (guard.requests > 1) {
      callback.run();
    } else {
      guard.onFollowed = callback;
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest request) {
      joinLists(request.headers());
      request.setUri(encode(request.uri()));
      requests++;
      Runnable callback = onFollowed;
      if (requests > 1 && callback != null) {
        onFollowed = null;
        callback.run();
      }
    }
    context.fireChannelRead(message);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the connection reports how a write ended
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    context.write(message, promise);
    if (message instanceof HttpResponse response) {
      interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
    }
    if (message instanceof LastHttpContent && !interim) {
      requests--;
      onFollowed = null;
      if (requests == 0 && decoder.isWaiting()) {
        // It may be at work in this turn.
        context.executor().execute(decoder::answered);
      }
    }
  }

  private static void joinLists(HttpHeaders headers) {
    for (AsciiString name : LISTS) {
      List<String> fields = headers.getAll(name);
      if (fields.size() > 1) {
        headers.set(name, String.join(", ", fields));
      }
    }
    if (headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE, true)
        && headers.containsValue(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET, true)) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE);
      headers.set(HttpHeaderNames.UPGRADE, HttpHeaderValues.WEBSOCKET);
    }
  }

  /** Encodes characters that a URI may not have, which some clients send as they are. */
  private static String encode(String target) {
    StringBuilder encoded = null;
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      boolean valid = c > ' ' && c < 0x7F && INVALID.indexOf(c) < 0;
      if (!valid && encoded == null) {
        encoded = new StringBuilder(target.length() + 16).append(target, 0, i);
      }
      if (encoded == null) {
        continue;
      }
      if (valid) {
        encoded.append(c);
      } else {
        // Netty makes one character of each byte.
        encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits((byte) c));
      }
    }
    return encoded == null ? target : encoded.toString();
  }
}

package io.linkspan.transport.websocket;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtensionHandler;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Offers permessage-deflate, and ignores offers that are malformed (RFC 6455, section 9.1). */
final class DeflateHandler extends WebSocketServerExtensionHandler {

  private static final String TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
  private static final String PARAMETER = TOKEN + "(\\s*=\\s*(" + TOKEN + "|\"" + TOKEN + "\"))?";
  private static final Pattern OFFER =
      Pattern.compile("\\s*" + TOKEN + "(\\s*;\\s*" + PARAMETER + ")*\\s*");

  /**
   * @param maxMessageSize bytes of a message that is inflated
   */
  DeflateHandler(int maxMessageSize) {
    super(new DeflateHandshaker(maxMessageSize));
  }

  @Override
  protected void onHttpRequestChannelRead(ChannelHandlerContext context, HttpRequest request)
      throws Exception {
    String offers = request.headers().get(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS);
    if (offers != null) {
      String wellFormed =
          Arrays.stream(offers.split(",", -1))
              .filter(offer -> OFFER.matcher(offer).matches())
              .collect(Collectors.joining(","));
      if (wellFormed.isEmpty()) {
        request.headers().remove(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS);
      } else {
        request.headers().set(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS, wellFormed);
      }
    }
    super.onHttpRequestChannelRead(context, request);
  }
}

package io.linkspan.transport.websocket;

import io.netty.handler.codec.compression.ZlibCodecFactory;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionData;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionDecoder;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketExtensionEncoder;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtension;
import io.netty.handler.codec.http.websocketx.extensions.WebSocketServerExtensionHandshaker;
import io.netty.handler.codec.http.websocketx.extensions.compression.PerMessageDeflateServerExtensionHandshaker;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Negotiates permessage-deflate (RFC 7692, section 7.1). Declines an offer with an unknown
 * parameter or an invalid value, for which Netty's handshaker ends the connection.
 */
final class DeflateHandshaker implements WebSocketServerExtensionHandshaker {

  private static final String CLIENT_NO_CONTEXT = "client_no_context_takeover";
  private static final int COMPRESSION_LEVEL = 6;

  /** The bits of a window, without a leading zero. */
  private static final Pattern WINDOW_BITS = Pattern.compile("[89]|1[0-5]");

  private final int maxMessageSize;
  private final WebSocketServerExtensionHandshaker netty;

  /**
   * @param maxMessageSize bytes of a message that is inflated
   */
  DeflateHandshaker(int maxMessageSize) {
    this.maxMessageSize = maxMessageSize;
    netty =
        new PerMessageDeflateServerExtensionHandshaker(
            COMPRESSION_LEVEL,
            ZlibCodecFactory.isSupportingWindowSizeAndMemLevel(),
            PerMessageDeflateServerExtensionHandshaker.MAX_WINDOW_SIZE,
            true,
            true,
            maxMessageSize);
  }

  @Override
  public WebSocketServerExtension handshakeExtension(WebSocketExtensionData offer) {
    if (!offer.parameters().entrySet().stream().allMatch(DeflateHandshaker::isValid)) {
      return null;
    }
    WebSocketServerExtension agreed = netty.handshakeExtension(offer);
    return agreed == null ? null : new Inflating(agreed, maxMessageSize);
  }

  private static boolean isValid(Map.Entry<String, String> parameter) {
    String value = parameter.getValue();
    return switch (parameter.getKey().toLowerCase(Locale.ROOT)) {
      case "server_no_context_takeover", CLIENT_NO_CONTEXT -> value == null;
      case "server_max_window_bits" -> value != null && WINDOW_BITS.matcher(value).matches();
      case "client_max_window_bits" -> value == null || WINDOW_BITS.matcher(value).matches();
      default -> false;
    };
  }

  /** The extension as Netty has agreed on it, with a decoder of our own. */
  private record Inflating(WebSocketServerExtension agreed, int maxMessageSize)
      implements WebSocketServerExtension {

    @Override
    public int rsv() {
      return agreed.rsv();
    }

    @Override
    public WebSocketExtensionEncoder newExtensionEncoder() {
      return agreed.newExtensionEncoder();
    }

    @Override
    public WebSocketExtensionDecoder newExtensionDecoder() {
      boolean noContext = newReponseData().parameters().containsKey(CLIENT_NO_CONTEXT);
      return new InflateDecoder(noContext, maxMessageSize);
    }

    @Override
    public WebSocketExtensionData newReponseData() {
      return agreed.newReponseData();
    }
  }
}

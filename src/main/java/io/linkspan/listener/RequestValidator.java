package io.linkspan.listener;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Refuses a request whose end or whose host two readers could understand differently (RFC 9112,
 * sections 3.2 and 6.3): a proxy and this server would disagree about where the next request begins
 * or for whom it is. Stands behind Netty's decoder, which refuses others of these on its own.
 * Vert.x answers a refused request with 400, after the answers to earlier ones, and closes the
 * connection.
 */
public final class RequestValidator extends ChannelInboundHandlerAdapter {

  /** Tells why a request is refused. Has no stack trace, since a client can cause it at will. */
  private static final class AmbiguousRequestException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    AmbiguousRequestException(String message) {
      super(message, null, false, false);
    }
  }

  /** A host and perhaps a port (RFC 9110, section 7.2). */
  private static final Pattern HOST =
      Pattern.compile("(?:\\[[0-9A-Fa-f:.]{2,45}]|[\\w!$&'()*+,.;=~%-]{0,255})(?::\\d{0,5})?");

  private boolean refused;

  private RequestValidator() {}

  /** Adds a validator to the pipeline of a new HTTP connection. */
  public static void addTo(ChannelPipeline pipeline) {
    pipeline.addAfter(
        pipeline.context(HttpRequestDecoder.class).name(), null, new RequestValidator());
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (refused) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof HttpRequest request && request.decoderResult().isSuccess()) {
      String problem = problem(request);
      if (problem != null) {
        refused = true;
        request.setDecoderResult(DecoderResult.failure(new AmbiguousRequestException(problem)));
      }
    }
    context.fireChannelRead(message);
  }

  /** Returns why a request is refused, or null. */
  private static String problem(HttpRequest request) {
    List<String> hosts = request.headers().getAll(HttpHeaderNames.HOST);
    if (hosts.size() > 1) {
      return "more than one Host";
    }
    if (hosts.size() == 1 && !HOST.matcher(hosts.get(0)).matches()) {
      return "a Host that is not a name or an address";
    }
    if (hosts.isEmpty() && request.protocolVersion().compareTo(HttpVersion.HTTP_1_0) > 0) {
      return "no Host";
    }
    List<String> codings = request.headers().getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (codings.isEmpty()) {
      return null;
    }
    if (request.headers().contains(HttpHeaderNames.CONTENT_LENGTH)) {
      return "both Content-Length and Transfer-Encoding";
    }
    return codings.size() == 1 && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0))
        ? null
        : "a Transfer-Encoding other than chunked, once";
  }
}

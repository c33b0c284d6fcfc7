package io.linkspan.upstream.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Passes on one final response per request, and lets a connection be reused only after that
 * response was read whole (RFC 9112, section 9.3). Interim responses are skipped (RFC 9110, section
 * 15.2); Vert.x's client would take most of them for the final one.
 *
 * <p>Stands between Netty's codec and Vert.x's connection, which is never pipelined. Used only on
 * the event loop of its connection.
 *
 * <pre>
 *         request          head             last content        read complete
 *   IDLE ─────────► WAITING ────► READING ───────────────► ENDING ──────┐
 *    ▲               │   ▲                                              │
 *    │           1xx │   │ its end                                      │
 *    │               ▼   │                                              │
 *    │              INTERIM                                             │
 *    └──────────────────────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>BROKEN is reached from every state, by a response that is malformed or answers no request.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the connection reports how a write or a close ended
final class ResponseGuard extends ChannelDuplexHandler {

  private enum State {
    IDLE,
    WAITING,
    INTERIM,
    READING,
    ENDING,
    BROKEN
  }

  private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
  private static final Pattern TIMEOUT =
      Pattern.compile("timeout=(\\d{1,9})", Pattern.CASE_INSENSITIVE);

  private State state = State.IDLE;

  /** Whether all of the request was given to the socket. */
  private boolean requestWritten;

  /** Fields of the response that is being read. */
  private HttpHeaders headers;

  /** Kept until the end of the read shows whether anything follows it. */
  private LastHttpContent last;

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message instanceof HttpRequest && state != State.BROKEN) {
      state = State.WAITING;
      requestWritten = false;
    }
    ChannelPromise written = promise;
    if (message instanceof LastHttpContent) {
      written = promise.unvoid();
      written.addListener(v -> requestWritten = true);
    }
    context.write(message, written);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpObject object && !passesOn(context, object)) {
      ReferenceCountUtil.release(message);
    } else {
      context.fireChannelRead(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    end(context);
    context.fireChannelReadComplete();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    end(context);
    context.fireChannelInactive();
  }

  /** Returns whether the object goes on to Vert.x now. */
  private boolean passesOn(ChannelHandlerContext context, HttpObject object) {
    switch (state) {
      case WAITING -> {
        return object instanceof HttpResponse response && begin(context, response);
      }
      case INTERIM -> {
        if (rejectIfMalformed(context, object)) {
          return false;
        }
        if (object instanceof LastHttpContent) {
          state = State.WAITING;
        }
        return false;
      }
      case READING -> {
        if (rejectIfMalformed(context, object)) {
          return false;
        }
        if (!(object instanceof LastHttpContent end)) {
          return object instanceof HttpContent;
        }
        last = ReferenceCountUtil.retain(end);
        state = State.ENDING;
        return false;
      }
      case ENDING -> {
        closeAfterResponse();
        return false;
      }
      case IDLE -> {
        state = State.BROKEN;
        context.close();
        return false;
      }
      case BROKEN -> {
        return false;
      }
    }
    return false;
  }

  private boolean begin(ChannelHandlerContext context, HttpResponse response) {
    if (rejectIfMalformed(context, response)) {
      return false;
    }
    HttpResponseStatus status = response.status();
    if (status.equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
      fail(context, "it switches to a protocol that was not asked for");
      return false;
    }
    if (status.codeClass() == HttpStatusClass.INFORMATIONAL) {
      state = State.INTERIM;
      return false;
    }
    HttpVersion version = response.protocolVersion();
    if (!version.protocolName().contentEquals("HTTP") || version.majorVersion() != 1) {
      fail(context, "it is not HTTP/1.0 or HTTP/1.1");
      return false;
    }
    headers = response.headers();
    if (!hasKnownTransferCoding()) {
      fail(context, "it has an unknown transfer coding");
      return false;
    }
    state = State.READING;
    normalizeConnection(version);
    return true;
  }

  /** Only {@code chunked} may be used unless others were asked for (RFC 9112, section 7.4). */
  private boolean hasKnownTransferCoding() {
    boolean chunked = false;
    for (String coding : elements(HttpHeaderNames.TRANSFER_ENCODING)) {
      if (coding.equalsIgnoreCase(HttpHeaderValues.CHUNKED.toString()) && !chunked) {
        chunked = true;
      } else if (!coding.equalsIgnoreCase(HttpHeaderValues.IDENTITY.toString())) {
        return false;
      }
    }
    return true;
  }

  /** Reduces the list to the one option that matters, which is all that Vert.x recognises. */
  private void normalizeConnection(HttpVersion version) {
    List<String> options = elements(HttpHeaderNames.CONNECTION);
    boolean keepsAlive = contains(options, HttpHeaderValues.KEEP_ALIVE);
    if (contains(options, HttpHeaderValues.CLOSE)
        || (version.minorVersion() == 0 && !keepsAlive)
        || !shortenKeepAlive()) {
      closeAfterResponse();
    } else if (keepsAlive) {
      headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
    }
  }

  /**
   * Takes a second off the time that the service keeps the connection, since a request that is sent
   * at its end would be lost.
   *
   * @return whether there is any time left
   */
  private boolean shortenKeepAlive() {
    for (String parameter : elements(KEEP_ALIVE)) {
      Matcher timeout = TIMEOUT.matcher(parameter);
      if (timeout.matches()) {
        int seconds = Integer.parseInt(timeout.group(1)) - 1;
        headers.set(KEEP_ALIVE, "timeout=" + seconds);
        return seconds > 0;
      }
    }
    return true;
  }

  private static boolean contains(List<String> options, AsciiString option) {
    return options.stream().anyMatch(option::contentEqualsIgnoreCase);
  }

  /** Returns the elements of a list that may be spread over several fields. */
  private List<String> elements(AsciiString name) {
    if (!headers.contains(name)) {
      return List.of();
    }
    return headers.getAll(name).stream()
        .flatMap(field -> List.of(field.split(",", -1)).stream())
        .map(String::strip)
        .filter(element -> !element.isEmpty())
        .toList();
  }

  private boolean rejectIfMalformed(ChannelHandlerContext context, HttpObject object) {
    if (!object.decoderResult().isFailure()) {
      return false;
    }
    Throwable cause = object.decoderResult().cause();
    fail(
        context,
        cause instanceof TooLongFrameException
            ? "its status line or header section is too long"
            : "it is not valid HTTP");
    return true;
  }

  private void fail(ChannelHandlerContext context, String problem) {
    state = State.BROKEN;
    context.fireExceptionCaught(
        new MalformedAnswerException("the service's answer cannot be read: " + problem));
    context.close();
  }

  private void end(ChannelHandlerContext context) {
    if (state != State.ENDING) {
      return;
    }
    if (!requestWritten) {
      closeAfterResponse();
    }
    // Vert.x may send the next request at once.
    state = State.IDLE;
    LastHttpContent ended = last;
    last = null;
    headers = null;
    context.fireChannelRead(ended);
  }

  /** Vert.x reads this field at the end of the response. */
  private void closeAfterResponse() {
    headers.set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
  }
}

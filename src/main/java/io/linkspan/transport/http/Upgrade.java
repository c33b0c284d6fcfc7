package io.linkspan.transport.http;

import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.RepeatedFailure;
import io.linkspan.time.TimerQueue;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.internal.ContextInternal;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Owns a request for a WebSocket from its arrival to its one end: the WebSocket is open, or the
 * request has failed. It fails when it is refused, when the client disconnects, when the time is
 * over and when anything throws. Used only on the event loop of the request.
 *
 * <pre>
 *             accept                  next turn: answered with 101
 *   WAITING ──────────► ACCEPTED ─────────────────────────────────► OPEN
 *      │                   │ disconnect
 *      │                   ▼
 *      └──────────────► FAILED
 *        refuse, disconnect, time-out, failure
 * </pre>
 *
 * <p>The answer waits for the next turn because the decoder, which is removed with everything else
 * of HTTP, may be at work in this one.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close cannot fail
public final class Upgrade {

  private enum State {
    WAITING,
    ACCEPTED,
    OPEN,
    FAILED
  }

  /** Receives the one end of an upgrade. */
  public interface Listener {

    /**
     * The upgrade was answered in this turn, and nothing was read from the WebSocket yet. The
     * listener makes a {@link WebSocketLink} before it returns.
     */
    void opened(UpgradedConnection connection);

    /** There is no WebSocket, and there will be none. */
    void failed();
  }

  private static final Logger LOG = LoggerFactory.getLogger(Upgrade.class);
  private static final RepeatedFailure FAILED =
      new RepeatedFailure(LOG, Level.ERROR, "an upgrade failed");

  private static final CharSequence VERSION_HEADER =
      HttpHeaders.createOptimized("Sec-WebSocket-Version");
  private static final CharSequence KEY_HEADER = HttpHeaders.createOptimized("Sec-WebSocket-Key");

  /** Versions whose handshake is that of RFC 6455. Earlier drafts have a body and other keys. */
  private static final Set<String> VERSIONS = Set.of("13", "8", "7");

  private final HttpServerRequest request;
  private final Listener listener;
  private final ContextInternal context;
  private final Channel channel;
  private final ChannelFutureListener onDisconnect = closed -> fail("the client disconnected");
  private final DeadlineTimer timer;
  private State state = State.WAITING;

  /**
   * Begins to watch a request, which is paused until it is accepted or refused.
   *
   * @param timers of the connections of the event loop
   */
  public Upgrade(TimerQueue timers, HttpServerRequest request, Listener listener) {
    this.request = request;
    this.listener = listener;
    var connection = (HttpServerConnection) request.connection();
    context = connection.context();
    channel = connection.channelHandlerContext().channel();
    timer = new DeadlineTimer(timers, this::onTimer);
    request.pause();
    channel.closeFuture().addListener(onDisconnect);
  }

  /**
   * Returns why a request cannot become a WebSocket, or null. Such a request is refused before
   * anything is begun for it.
   */
  public static Refusal check(HttpServerRequest request) {
    if (!request.method().equals(HttpMethod.GET)) {
      return new Refusal(405, "method-not-allowed", "a WebSocket begins with a GET");
    }
    String connection = request.getHeader(HttpHeaders.CONNECTION);
    if (connection == null || !connection.toLowerCase(Locale.ROOT).contains("upgrade")) {
      return malformed("the Connection header must name Upgrade");
    }
    String version = request.getHeader(VERSION_HEADER);
    if (version == null || !VERSIONS.contains(version.strip())) {
      return Refusal.UPGRADE_REQUIRED;
    }
    if (request.getHeader(KEY_HEADER) == null) {
      return malformed("there is no Sec-WebSocket-Key");
    }
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    boolean empty = length == null || length.strip().equals("0");
    return empty && request.getHeader(HttpHeaders.TRANSFER_ENCODING) == null
        ? null
        : malformed("a request for a WebSocket has no body");
  }

  private static Refusal malformed(String message) {
    return new Refusal(400, "malformed", message);
  }

  /**
   * Lets the request fail after this time, unless it is accepted or refused before. Most are by
   * now, and need no timer.
   */
  public void failAfter(Duration limit) {
    if (state == State.WAITING) {
      timer.arm(DeadlineTimer.now() + limit.toMillis());
    }
  }

  /** Whether the WebSocket can still be opened. */
  public boolean isWaiting() {
    return state == State.WAITING;
  }

  /** Answers with 101 in the next turn. */
  public void accept() {
    if (state == State.WAITING) {
      state = State.ACCEPTED;
      timer.cancel();
      context.runOnContext(v -> answer());
    }
  }

  /** Answers with a refusal. */
  public void refuse(Refusal refusal) {
    if (state == State.WAITING) {
      refusal.send(request);
      request.resume();
      fail(refusal.code());
    }
  }

  private void answer() {
    if (state != State.ACCEPTED) {
      return;
    }
    if (!channel.isActive()) {
      fail("the client disconnected");
      return;
    }
    end(State.OPEN);
    try {
      ProtocolSwitch.run(request, listener::opened);
    } catch (RuntimeException e) {
      FAILED.add(e);
      abort();
      listener.failed();
    }
  }

  private void onTimer() {
    if (state == State.WAITING) {
      refuse(new Refusal(503, "unavailable", "the gateway could not answer in time"));
    }
  }

  private void fail(String why) {
    if (state != State.WAITING && state != State.ACCEPTED) {
      return;
    }
    LOG.debug("{} did not upgrade: {}", request.remoteAddress(), why);
    end(State.FAILED);
    listener.failed();
  }

  private void end(State end) {
    state = end;
    timer.cancel();
    channel.closeFuture().removeListener(onDisconnect);
  }

  /** Ends the TCP connection now. */
  @SuppressWarnings("FutureReturnValueIgnored") // a close cannot fail
  private void abort() {
    ChannelHandlerContext first = channel.pipeline().firstContext();
    if (first != null) {
      first.close();
    }
  }
}

package io.linkspan.transport.http;

import io.linkspan.admission.PendingLinks;
import io.linkspan.listener.AcceptGate;
import io.linkspan.listener.FirstBytes;
import io.linkspan.time.DeadlineTimer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Watches an HTTP connection until it carries a client: a whole request must arrive within some
 * time, the first one from the moment at which the connection is accepted, further ones from their
 * first byte. Until its first request is whole, and an upgrade until it is answered, the connection
 * counts among the {@link PendingLinks}.
 *
 * <pre>
 *             whole request            first byte
 *   SILENT ───────────────────► IDLE ─────────────► RECEIVING
 *      │                          ▲                    │  │
 *      │                          └─── whole request ──┘  │
 *      └──────────────► dropped ◄────────── time is over ─┘
 * </pre>
 *
 * <p>Stands around the decoder. Used only on the event loop of the connection.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close cannot fail
public final class RequestWatch {

  private enum State {
    SILENT,
    IDLE,
    RECEIVING
  }

  private final Channel channel;
  private final long limit;
  private final Bytes bytes = new Bytes();
  private final Requests requests = new Requests();
  private final PendingLinks.Link pending;
  private State state = State.SILENT;
  private long since;
  private boolean upgrade;
  private ScheduledFuture<?> timer;

  private RequestWatch(Channel channel, PendingLinks.Link pending, long limit) {
    this.channel = channel;
    this.pending = pending;
    this.limit = limit;
    since = pending.since();
  }

  /**
   * Adds itself to the pipeline of a connection that is ready for its first request.
   *
   * @param gate has counted the connection
   */
  public static void install(ChannelPipeline pipeline, AcceptGate gate, Duration limit) {
    PendingLinks.Link pending = gate.take(pipeline);
    if (pending == null) {
      pipeline.close();
      return;
    }
    var watch = new RequestWatch(pipeline.channel(), pending, limit.toMillis());
    pipeline.addBefore(pipeline.context(HttpRequestDecoder.class).name(), null, watch.bytes);
    pipeline.addAfter(pipeline.context(HttpResponseEncoder.class).name(), null, watch.requests);
    FirstBytes.install(pipeline);
    watch.check();
  }

  private void arm(long delay) {
    timer = channel.eventLoop().schedule(this::check, delay, TimeUnit.MILLISECONDS);
  }

  private void check() {
    timer = null;
    if (state == State.IDLE) {
      return;
    }
    long left = since + limit - DeadlineTimer.now();
    if (left <= 0) {
      channel.close();
    } else {
      arm(left);
    }
  }

  private void begun() {
    state = State.RECEIVING;
    since = DeadlineTimer.now();
    if (timer == null) {
      arm(limit);
    }
  }

  private void end() {
    pending.leave();
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  /** Stands in front of the decoder. */
  private final class Bytes extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext source, Object read) {
      if (state == State.IDLE) {
        begun();
      }
      source.fireChannelRead(read);
    }
  }

  /** Stands behind decoder and encoder. */
  private final class Requests extends ChannelDuplexHandler {

    @Override
    public void channelRead(ChannelHandlerContext source, Object message) {
      if (message instanceof HttpRequest request) {
        upgrade = request.headers().contains(HttpHeaderNames.UPGRADE);
      }
      if (message instanceof LastHttpContent) {
        state = State.IDLE;
        if (!upgrade) {
          pending.leave();
        }
      }
      source.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext source, Object message, ChannelPromise promise) {
      source.write(message, promise);
      if (message instanceof LastHttpContent) {
        pending.leave();
      }
    }

    /** The connection is upgraded or has ended. */
    @Override
    public void handlerRemoved(ChannelHandlerContext source) {
      end();
    }
  }
}

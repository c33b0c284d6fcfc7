package io.linkspan.ops;

import io.linkspan.time.DeadlineTimer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.Vertx;
import java.time.Duration;

/**
 * Closes an HTTP connection whose request is not complete in time, head and body together, or that
 * sends no further one. An answer takes as long as it takes. Used only on the event loop of the
 * connection.
 *
 * <pre>
 *               end of the request            end of the answer
 *   READING ───────────────────────► ANSWERING ─────────────────► IDLE
 *      ▲                                                            │
 *      └──────────────────────────── bytes ─────────────────────────┘
 * </pre>
 */
final class ConnectionDeadline {

  private enum State {
    READING,
    ANSWERING,
    IDLE
  }

  private final ManagementConfig config;
  private final DeadlineTimer timer;
  private final Channel channel;
  private State state;
  private long deadline;

  private ConnectionDeadline(Vertx vertx, ManagementConfig config, Channel channel) {
    this.config = config;
    this.channel = channel;
    timer = new DeadlineTimer(vertx, this::onTimer);
    // A client that connects has a request to send.
    enter(State.READING, config.requestTimeout());
  }

  /** Adds a deadline to the pipeline of a new connection. */
  static void addTo(ChannelPipeline pipeline, Vertx vertx, ManagementConfig config) {
    var deadline = new ConnectionDeadline(vertx, config, pipeline.channel());
    pipeline.addBefore(
        pipeline.context(HttpRequestDecoder.class).name(), null, deadline.new Bytes());
    pipeline.addAfter(
        pipeline.context(HttpResponseEncoder.class).name(), null, deadline.new Messages());
  }

  private void enter(State next, Duration timeout) {
    state = next;
    deadline = DeadlineTimer.now() + timeout.toMillis();
    timer.arm(deadline);
  }

  private void answer() {
    state = State.ANSWERING;
    deadline = Long.MAX_VALUE;
  }

  @SuppressWarnings(
      "FutureReturnValueIgnored") // the end is observed by the owner of the connection
  private void onTimer() {
    if (DeadlineTimer.now() >= deadline) {
      channel.close();
    } else {
      timer.arm(deadline);
    }
  }

  /** Observes the bytes of the client before they are decoded. */
  private final class Bytes extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      if (state == State.IDLE) {
        enter(State.READING, config.requestTimeout());
      }
      context.fireChannelRead(bytes);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      answer();
      timer.cancel();
      context.fireChannelInactive();
    }
  }

  /** Observes the ends of requests and answers. */
  private final class Messages extends ChannelDuplexHandler {

    @Override
    public void channelRead(ChannelHandlerContext context, Object part) {
      if (part instanceof LastHttpContent) {
        answer();
      }
      context.fireChannelRead(part);
    }

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // the promise is that of the writer
    public void write(ChannelHandlerContext context, Object part, ChannelPromise promise) {
      if (part instanceof LastHttpContent && state == State.ANSWERING) {
        enter(State.IDLE, config.idleTimeout());
      }
      context.write(part, promise);
    }
  }
}

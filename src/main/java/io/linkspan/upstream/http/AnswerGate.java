package io.linkspan.upstream.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.Http1xClientConnection;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Passes on the body of a response piece by piece, as it is asked for, and stops reading from the
 * socket meanwhile.
 *
 * <p>Vert.x can pause a response, too, but forgets what it holds when the connection closes: the
 * end of an answer whose service closes after it would be lost, and the buffers would leak. Here
 * the close waits for what was read before it.
 *
 * <pre>
 *              head of a response                       open()
 *   OPEN ─────────────────────────► HELD ─────────────────────────────────► OPEN
 *                                   │  ▲                                      ▲
 *                         request() ▼  │ one piece                            │
 *                                 WANTED ──── last piece, close of the channel┘
 * </pre>
 *
 * <p>Used only on the event loop of its connection.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the connection reports how a close ended
final class AnswerGate extends ChannelDuplexHandler {

  private enum State {
    OPEN,
    HELD,
    WANTED
  }

  private final Queue<Object> held = new ArrayDeque<>();
  private ChannelHandlerContext context;
  private State state = State.OPEN;
  private boolean passing;

  /** Whether the close of the channel waits for what is held. */
  private boolean inactive;

  /** Returns the gate of a connection; null when it has none. */
  static AnswerGate of(HttpConnection connection) {
    return ((Http1xClientConnection) connection)
        .channelHandlerContext()
        .pipeline()
        .get(AnswerGate.class);
  }

  /** Passes on the rest of the current response as it arrives. */
  void open() {
    state = State.OPEN;
    passOn(true);
  }

  /** Passes on the next piece, now or when it arrives. */
  void request() {
    if (state == State.HELD) {
      state = State.WANTED;
      passOn(true);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    release();
  }

  @Override
  public void channelRead(ChannelHandlerContext reading, Object message) {
    held.add(message);
    passOn(false);
  }

  @Override
  public void channelInactive(ChannelHandlerContext closed) {
    inactive = true;
    passOn(false);
  }

  @Override
  public void close(ChannelHandlerContext closing, ChannelPromise promise) {
    release();
    closing.close(promise);
  }

  /**
   * Passes on what may be.
   *
   * @param complete whether the end of a read must be announced after it
   */
  private void passOn(boolean complete) {
    // A piece that is passed on may ask for the next one; the outer loop continues then.
    if (passing) {
      return;
    }
    passing = true;
    boolean any = false;
    while (!held.isEmpty() && (state != State.HELD || isHead(held.peek()))) {
      any = true;
      Object next = held.remove();
      leave(next);
      context.fireChannelRead(next);
    }
    passing = false;
    if (any && complete) {
      context.fireChannelReadComplete();
    }
    if (!held.isEmpty()) {
      context.channel().config().setAutoRead(false);
    } else if (inactive) {
      inactive = false;
      context.fireChannelInactive();
    } else {
      context.channel().config().setAutoRead(true);
    }
  }

  private static boolean isHead(Object message) {
    return message instanceof HttpResponse;
  }

  /** Changes the state with a message that is about to be passed on. */
  private void leave(Object message) {
    if (isHead(message)) {
      state = State.HELD;
    } else if (message instanceof LastHttpContent) {
      state = State.OPEN;
    } else if (state == State.WANTED
        && message instanceof HttpContent piece
        && piece.content().isReadable()) {
      state = State.HELD;
    }
  }

  private void release() {
    state = State.OPEN;
    for (Object message; (message = held.poll()) != null; ) {
      ReferenceCountUtil.release(message);
    }
  }
}

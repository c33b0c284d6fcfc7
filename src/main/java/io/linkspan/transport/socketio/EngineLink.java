package io.linkspan.transport.socketio;

import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.engineio.EngineWrite;
import io.linkspan.protocol.engineio.FrontDoor;
import io.linkspan.protocol.socketio.SocketEvent;
import io.linkspan.protocol.socketio.SocketSession;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.buffer.Buffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What carries one Socket.IO client: its Engine.IO session and the requests and WebSockets which
 * that is on. Used only on the event loop of the session; requests and WebSockets that arrive at
 * another come by way of {@link HttpExchange} and {@link EngineSocket}.
 */
final class EngineLink implements EngineSocket.Listener, HttpExchange.BodyListener {

  /** The client above it. */
  interface Listener {

    void onEvent(SocketEvent event);

    /** More waits to be written than is allowed. */
    void onSlow();

    /** All that has happened was told, and what there was to write is written. */
    void onDrained();

    /** Nothing happens any more; told once. */
    void onFinished();
  }

  private static final Logger LOG = LoggerFactory.getLogger(EngineLink.class);

  private final SocketIoEndpoint endpoint;
  private final EventLoop loop;
  private final SocketSession<HttpExchange, EngineSocket> socket;
  private final EngineSession<HttpExchange, EngineSocket> engine;
  private final String remote;
  private final Listener above;
  private final DeadlineTimer timer;
  private long lastReceived = DeadlineTimer.now();
  private boolean draining;
  private boolean drainScheduled;
  private boolean finished;

  /**
   * @param remote network address of the client, {@code host:port}
   */
  EngineLink(
      SocketIoEndpoint endpoint,
      SocketSession<HttpExchange, EngineSocket> socket,
      String remote,
      Listener above) {
    this.endpoint = endpoint;
    this.socket = socket;
    this.remote = remote;
    this.above = above;
    loop = endpoint.loop();
    engine = socket.engine();
    timer = new DeadlineTimer(endpoint.vertx(), this::onTimer);
  }

  String sid() {
    return engine.sid();
  }

  /** Whether packets can be sent; ends for good. */
  boolean isOpen() {
    return engine.isOpen();
  }

  /** Whether nothing happens any more. */
  boolean finished() {
    return engine.finished();
  }

  /** When something of the client was received last, as {@link DeadlineTimer#now} counts. */
  long lastReceived() {
    return lastReceived;
  }

  /** As {@link EngineSession#answeredPing}. */
  long answeredPing() {
    return engine.answeredPing();
  }

  // ----------------------------------------------------------------- requests

  /** A request of this session, whatever it asks for. */
  void handle(HttpExchange exchange, String forbidden) {
    long now = DeadlineTimer.now();
    FrontDoor.Decision decision =
        endpoint.door().decide(exchange.request(), exchange.origin(), forbidden, engine, now);
    if (decision instanceof FrontDoor.Refused refused) {
      exchange.refuse(refused);
    } else {
      lastReceived = now;
      switch (((FrontDoor.Admitted) decision).action()) {
        case POLL -> {
          exchange.watch(loop, this::onAbort);
          engine.pollArrived(exchange, exchange.request(), now);
        }
        case POST -> {
          engine.postStarted(
              exchange, exchange.request(), exchange.contentType(), exchange.contentLength(), now);
          exchange.read(loop, this);
        }
        case UPGRADE -> upgrade(exchange);
        case OPEN_POLLING, OPEN_WEBSOCKET ->
            throw new IllegalStateException("a request with a sid opens nothing");
      }
    }
    // Also after a refusal: the clock may have decided.
    socket.advanceTo(now);
    drain();
  }

  /** The node at which a request waits is to end: a poll is answered now. */
  void release(HttpExchange exchange) {
    engine.release(exchange);
    drain();
  }

  private void upgrade(HttpExchange exchange) {
    exchange.upgrade(
        webSocket -> {
          EngineSocket candidate = endpoint.newSocket(webSocket, exchange.home()).listen(this);
          loop.run(
              () -> {
                engine.webSocketOpened(candidate, exchange.request(), DeadlineTimer.now());
                drain();
              });
        },
        failure -> LOG.debug("{} did not upgrade: {}", remote, failure.getMessage()));
  }

  @Override
  public void onChunk(HttpExchange exchange, Buffer chunk) {
    engine.postChunk(exchange, chunk);
    drain();
  }

  @Override
  public void onEnd(HttpExchange exchange) {
    lastReceived = DeadlineTimer.now();
    engine.postEnded(exchange, lastReceived);
    drain();
  }

  @Override
  public void onAbort(HttpExchange exchange) {
    engine.exchangeAborted(exchange, DeadlineTimer.now());
    drain();
  }

  // --------------------------------------------------------------- WebSockets

  @Override
  public void onText(EngineSocket from, String text) {
    lastReceived = DeadlineTimer.now();
    engine.webSocket().text(from, text, lastReceived);
    drain();
  }

  @Override
  public void onBinary(EngineSocket from, Buffer data) {
    lastReceived = DeadlineTimer.now();
    engine.webSocket().binary(from, data, lastReceived);
    drain();
  }

  @Override
  public void onTooLarge(EngineSocket from) {
    engine.webSocket().tooLarge(from);
    drain();
  }

  @Override
  public void onGarbage(EngineSocket from) {
    // Text that is no packet: to the engine it makes no difference what else it is not.
    engine.webSocket().text(from, "", DeadlineTimer.now());
    drain();
  }

  @Override
  public void onSlow(EngineSocket from) {
    above.onSlow();
  }

  @Override
  public void onClosed(EngineSocket from) {
    engine.webSocket().closed(from);
    drain();
  }

  // --------------------------------------------------------- change and drain

  /**
   * What was sent outside of a request leaves: over a WebSocket at once, to a poll with all that is
   * sent in this turn.
   */
  void flush() {
    if (engine.isOverWebSocket()) {
      drain();
    } else {
      drainLater();
    }
  }

  /** Drains at the end of this turn. */
  void drainLater() {
    if (!draining && !drainScheduled) {
      drainScheduled = true;
      loop.runLater(
          () -> {
            drainScheduled = false;
            drain();
          });
    }
  }

  /** Takes what happened and what is to be written, and arms the timer. */
  void drain() {
    if (draining) {
      return;
    }
    draining = true;
    boolean more = true;
    while (more) {
      more = false;
      for (SocketEvent event; (event = socket.pollEvent(DeadlineTimer.now())) != null; ) {
        more = true;
        above.onEvent(event);
      }
      for (EngineWrite<HttpExchange, EngineSocket> write; (write = engine.pollWrite()) != null; ) {
        more = true;
        perform(write);
      }
    }
    draining = false;
    above.onDrained();
    if (!engine.finished()) {
      timer.arm(socket.nextDeadline());
    } else if (!finished) {
      finished = true;
      timer.cancel();
      above.onFinished();
    }
  }

  private void perform(EngineWrite<HttpExchange, EngineSocket> write) {
    if (write instanceof EngineWrite.SendText<HttpExchange, EngineSocket> text) {
      text.socket().sendText(text.text());
    } else if (write instanceof EngineWrite.SendBinary<HttpExchange, EngineSocket> binary) {
      binary.socket().sendBinary(binary.data());
    } else if (write instanceof EngineWrite.CloseSocket<HttpExchange, EngineSocket> close) {
      close.socket().close(close.code());
    } else if (write instanceof EngineWrite.Respond<HttpExchange, EngineSocket> answer) {
      answer.exchange().respond(answer);
    } else if (write instanceof EngineWrite.Abandon<HttpExchange, EngineSocket> abandon) {
      abandon.exchange().abandon();
    }
  }

  private void onTimer() {
    socket.advanceTo(DeadlineTimer.now());
    drain();
  }
}

package io.linkspan.transport.engineio;

import io.linkspan.connection.Backlog;
import io.linkspan.memory.MemoryUse;
import io.linkspan.protocol.engineio.EngineCloseReason;
import io.linkspan.protocol.engineio.EngineSession;
import io.linkspan.protocol.engineio.EngineWrite;
import io.linkspan.protocol.engineio.FrontDoor;
import io.linkspan.protocol.websocket.WebSocketViolation;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.transport.http.UpgradedConnection;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;

/**
 * Connects one Engine.IO session with the requests and WebSockets that carry it. Used only on the
 * event loop of the session; requests and WebSockets that arrive at another event loop are bridged
 * by {@link HttpExchange} and {@link EngineSocket}.
 */
public final class EngineLink implements Backlog, EngineSocket.Listener, HttpExchange.BodyListener {

  /** The protocol that an Engine.IO session carries. */
  public interface Layer {

    /** Lets time pass, for the Engine.IO session too. */
    void advanceTo(long now);

    /**
     * Handles everything that has happened.
     *
     * @return whether there was anything
     */
    boolean handleEvents(long now);

    /** Returns the next deadline of this layer and of the Engine.IO session. */
    long nextDeadline();

    /** More bytes wait to be written than the limit allows. */
    void onSlow();

    /** Everything that has happened is handled, and everything to be sent is written. */
    void onDrained();

    /** The node is being drained. */
    void onNodeDraining();

    /** The session has ended and nothing of it is left. Called once. */
    void onFinished();
  }

  /**
   * Shared by the sessions of one event loop.
   *
   * @param maxFrame bytes of one WebSocket frame and message
   * @param maxQueued bytes that may wait to be written to one WebSocket; 0 is no limit
   * @param closeTimeout time for a client to answer a close
   */
  public record Context(
      EventLoop loop, FrontDoor door, int maxFrame, long maxQueued, Duration closeTimeout) {

    /**
     * Takes a WebSocket over, in the turn in which its upgrade was answered.
     *
     * @param home event loop of the WebSocket, which calls this method
     */
    public EngineSocket open(UpgradedConnection connection, EventLoop home) {
      return new EngineSocket(connection, home, loop, maxFrame, maxQueued, closeTimeout);
    }
  }

  private final Context context;
  private final EngineSession<HttpExchange, EngineSocket> engine;
  private final String remote;
  private final Layer above;
  private final DeadlineTimer timer;
  private long lastReceived = DeadlineTimer.now();
  private boolean draining;
  private boolean drainScheduled;
  private boolean finished;
  private boolean confirmed;

  /** Bytes that are charged for what the session holds. */
  private long charged;

  /** Null while there is none. */
  private EngineSocket socket;

  /** Runs when a poll has taken what waits; null for nothing. */
  private Runnable whenPolled;

  /**
   * Creates the link of a new session.
   *
   * @param remote network address of the client, {@code host:port}
   */
  public EngineLink(
      Context context,
      EngineSession<HttpExchange, EngineSocket> engine,
      String remote,
      Layer above) {
    this.context = context;
    this.engine = engine;
    this.remote = remote;
    this.above = above;
    timer = new DeadlineTimer(context.loop().timers(), this::onTimer);
  }

  /** Returns the event loop that the session lives on. */
  public EventLoop loop() {
    return context.loop();
  }

  /** Network address of the client, {@code host:port}. */
  public String remote() {
    return remote;
  }

  public String sid() {
    return engine.sid();
  }

  /**
   * Returns whether the client has received the id of the session: it has named it, or it is on a
   * WebSocket.
   */
  public boolean isConfirmed() {
    return confirmed || engine.isOverWebSocket();
  }

  /** Whether packets can be sent. Once false, it stays false. */
  public boolean isOpen() {
    return engine.isOpen();
  }

  /** Whether the session has ended and nothing of it is left. */
  public boolean finished() {
    return engine.finished();
  }

  /**
   * Returns when anything last arrived from the client, on the clock of {@link DeadlineTimer#now}.
   */
  public long lastReceived() {
    return lastReceived;
  }

  /** As {@link EngineSession#answeredPing}. */
  public long answeredPing() {
    return engine.answeredPing();
  }

  // ----------------------------------------------------------------- requests

  /** Handles a request of this session. */
  public void handle(HttpExchange exchange, String forbidden) {
    long now = DeadlineTimer.now();
    FrontDoor.Decision decision =
        context.door().decide(exchange.request(), exchange.origin(), forbidden, engine, now);
    if (decision instanceof FrontDoor.Refused refused) {
      exchange.refuse(refused);
    } else {
      lastReceived = now;
      confirmed = true;
      switch (((FrontDoor.Admitted) decision).action()) {
        case POLL -> {
          exchange.watch(loop(), this::onAbort, this::release);
          engine.pollArrived(exchange, exchange.request(), now);
        }
        case POST -> {
          engine.postStarted(
              exchange, exchange.request(), exchange.contentType(), exchange.contentLength(), now);
          exchange.read(loop(), this);
        }
        case UPGRADE -> upgrade(exchange);
        case OPEN_POLLING, OPEN_WEBSOCKET ->
            throw new IllegalStateException("a request with a sid opens no session");
      }
    }
    // Also after a refusal, since it may rest on the clock.
    above.advanceTo(now);
    drain();
  }

  /**
   * Answers a poll now: the node that it waits at is being drained, or another request waits behind
   * it.
   */
  public void release(HttpExchange exchange) {
    engine.release(exchange);
    drain();
  }

  /** Notifies the layer above that the node is being drained. */
  public void nodeDrains() {
    above.onNodeDraining();
  }

  private void upgrade(HttpExchange exchange) {
    exchange.upgrade(
        connection -> {
          EngineSocket candidate = context.open(connection, exchange.home()).listen(this);
          loop()
              .run(
                  () -> {
                    engine.webSocketOpened(candidate, exchange.request(), DeadlineTimer.now());
                    drain();
                  });
        },
        () -> {
          // The session goes on polling.
        });
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
  public void onViolation(EngineSocket from, WebSocketViolation violation) {
    engine
        .webSocket()
        .failed(
            from,
            switch (violation) {
              case PROTOCOL_ERROR -> EngineCloseReason.PROTOCOL_ERROR;
              case INVALID_PAYLOAD -> EngineCloseReason.INVALID_PAYLOAD;
              case TOO_LARGE -> EngineCloseReason.TOO_LARGE;
            });
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
   * Writes what was sent outside of a request: to a WebSocket at once, to a poll together with
   * everything that is sent in this turn.
   */
  public void flush() {
    if (engine.isOverWebSocket()) {
      drain();
    } else {
      drainLater();
    }
  }

  /** Calls {@link #drain} at the end of this turn. */
  public void drainLater() {
    if (!draining && !drainScheduled) {
      drainScheduled = true;
      loop()
          .runLater(
              () -> {
                drainScheduled = false;
                drain();
              });
    }
  }

  /** Handles what has happened, writes what is to be written, and arms the timer. */
  public void drain() {
    if (draining) {
      return;
    }
    draining = true;
    boolean more = true;
    while (more) {
      more = above.handleEvents(DeadlineTimer.now());
      for (EngineWrite<HttpExchange, EngineSocket> write; (write = engine.pollWrite()) != null; ) {
        more = true;
        perform(write);
      }
    }
    draining = false;
    charge(engine.finished() ? 0 : engine.held());
    above.onDrained();
    runIfPolled();
    if (!engine.finished()) {
      timer.arm(above.nextDeadline());
    } else if (!finished) {
      finished = true;
      timer.cancel();
      above.onFinished();
    }
  }

  @Override
  public long bytes() {
    return charged + (socket == null ? 0 : socket.pendingBytes());
  }

  @Override
  public void drop() {
    if (socket != null) {
      socket.abort();
    }
  }

  @Override
  public void keepShort() {
    if (isOnSocket()) {
      socket.keepShort();
    }
  }

  @Override
  public boolean isWritable() {
    return isOnSocket() ? socket.isWritable() : engine.held() <= MARK;
  }

  @Override
  public void whenWritable(Runnable action) {
    if (isOnSocket()) {
      socket.whenWritable(action);
    } else {
      whenPolled = action;
      drainLater();
    }
  }

  /** Returns whether the client was written to by WebSocket. */
  private boolean isOnSocket() {
    return socket != null && engine.isOverWebSocket();
  }

  private void runIfPolled() {
    if (whenPolled != null && engine.isOpen() && engine.held() <= MARK) {
      Runnable action = whenPolled;
      whenPolled = null;
      action.run();
    }
  }

  private void charge(long held) {
    if (held != charged) {
      loop().memory().change(MemoryUse.OUTBOX, held - charged);
      charged = held;
    }
  }

  private void perform(EngineWrite<HttpExchange, EngineSocket> write) {
    if (write instanceof EngineWrite.SendText<HttpExchange, EngineSocket> text) {
      socket = text.socket();
      text.socket().sendText(text.text());
    } else if (write instanceof EngineWrite.SendBinary<HttpExchange, EngineSocket> binary) {
      socket = binary.socket();
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
    above.advanceTo(DeadlineTimer.now());
    drain();
  }
}

package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ShortQueue;
import io.vertx.core.buffer.Buffer;
import java.util.List;

/**
 * The session of one Engine.IO client, on any transport. Knows no sockets: {@code X} is the shell's
 * handle of an HTTP exchange, {@code W} of a WebSocket, compared by identity. Used on one event
 * loop.
 *
 * <p>Change, drain, re-arm: after each call of the shell, take every {@link #pollEvent}, then every
 * {@link #pollWrite}, then look at {@link #nextDeadline}. Whatever was sent in between goes into
 * one poll response. A client that breaks the protocol ends as an {@link EngineEvent.Closed}; no
 * method throws for what a client did. Times are in milliseconds, monotonic.
 *
 * <p>Its life:
 *
 * <pre>
 *          close(), polling            poll, upgrade or linger over
 *   OPEN ─────────────────► CLOSING ────────────────────────────────► CLOSED
 *     │                        client closed, and has never polled       ▲
 *     ├────────────────────► FAREWELL ───── late poll, or 1 s ───────────┤
 *     └───── client closed or broke the protocol, heartbeat lost ────────┘
 * </pre>
 */
public final class EngineSession<X, W> {
  private enum State {
    OPEN,
    CLOSING,
    FAREWELL,
    CLOSED
  }

  /** Deadline that is never reached. */
  public static final long NEVER = Long.MAX_VALUE;

  // How late a poll may arrive that the client's POST with its close has overtaken.
  private static final long FAREWELL_LASTS = 1_000;
  // How long a close waits for a poll when the client is silent or the node is being drained.
  private static final long SHORT_LINGER = 2_000;
  private final EngineConfig config;
  private final Generation generation;
  private final String sid;
  private final Heartbeat heartbeat;
  private final ShortQueue<EngineEvent> events = new ShortQueue<>();
  private final EngineOutput<X, W> output;
  private final PollingTransport<X> polling;
  private final WebSocketTransport<W> webSocket;
  private final PacketQueue queue = new PacketQueue();
  private EngineLastWords lastWords = EngineLastWords.NONE;
  private State state = State.OPEN;
  private long lingerUntil = NEVER;

  private EngineSession(EngineConfig config, EngineRequest request, String sid, long now) {
    this.config = config;
    this.generation = request.generation();
    this.sid = sid;
    this.heartbeat = Heartbeat.of(generation, config, now);
    this.output = new EngineOutput<>(generation);
    EngineTransportHost host = new TransportHost();
    this.polling = new PollingTransport<>(config, generation, request, output, host);
    this.webSocket = new WebSocketTransport<>(config, generation, output, host);
  }

  /**
   * Opens a session with this poll, which is answered with the open packet and nothing else.
   *
   * @param request admitted with {@link FrontDoor.Action#OPEN_POLLING}
   * @param sid secret and of URL-safe characters
   */
  public static <X, W> EngineSession<X, W> overPolling(
      EngineConfig config, EngineRequest request, String sid, X exchange, long now) {
    var session = new EngineSession<X, W>(config, request, sid, now);
    session.polling.answer(exchange, request.jsonp(), EnginePacket.open(sid, true, config));
    return session;
  }

  /**
   * Opens a session with this WebSocket.
   *
   * @param request admitted with {@link FrontDoor.Action#OPEN_WEBSOCKET}
   * @param sid secret and of URL-safe characters
   */
  public static <X, W> EngineSession<X, W> overWebSocket(
      EngineConfig config, EngineRequest request, String sid, W socket, long now) {
    var session = new EngineSession<X, W>(config, request, sid, now);
    session.webSocket.begin(socket, request.base64(), EnginePacket.open(sid, false, config));
    return session;
  }

  /** Sets the source of the messages that precede an end which the layer above did not ask for. */
  public void setLastWords(EngineLastWords lastWords) {
    this.lastWords = lastWords;
  }

  public String sid() {
    return sid;
  }

  public Generation generation() {
    return generation;
  }

  /** Whether the transport is a WebSocket. */
  public boolean isOverWebSocket() {
    return webSocket.isCurrent();
  }

  /** Returns the bytes of packets that wait for a poll, and of a body that has not ended. */
  public long held() {
    return queue.weight() + polling.unfinished();
  }

  /** Whether packets can be sent. Once false, it stays false. */
  public boolean isOpen() {
    return state == State.OPEN;
  }

  /** Whether nothing is left of the session, and its id is free. */
  public boolean finished() {
    return state == State.CLOSED;
  }

  boolean isKnown(String method, long now) {
    return switch (state) {
      case OPEN -> !heartbeat.expired(now);
      case CLOSING -> true;
      case FAREWELL -> method.equals("GET") && now < lingerUntil;
      case CLOSED -> false;
    };
  }

  boolean mayUpgrade() {
    return state == State.OPEN && webSocket.isAbsent();
  }

  /** Takes a GET admitted with {@link FrontDoor.Action#POLL}. It is answered now or later. */
  public void pollArrived(X exchange, EngineRequest request, long now) {
    advanceTo(now);
    EngineError refusal = refusal();
    if (state == State.FAREWELL) {
      polling.hold(exchange, request.jsonp());
      answerPoll(true);
      forget();
    } else if (refusal != null) {
      output.refuse(exchange, refusal);
    } else if (polling.hold(exchange, request.jsonp())) {
      if (state == State.CLOSING) {
        answerPoll(true);
      } else if (webSocket.isUpgrading()) {
        polling.awaitSwitch(now, webSocket.isProbed());
      }
    }
  }

  /** Returns why the session takes no polls and POSTs, or null. */
  private EngineError refusal() {
    if (state == State.CLOSED || state == State.FAREWELL) {
      return EngineError.SESSION_UNKNOWN;
    }
    return isOverWebSocket() ? EngineError.BAD_REQUEST : null;
  }

  /**
   * Takes a POST admitted with {@link FrontDoor.Action#POST}. Its body follows.
   *
   * @param contentType the header, or null
   * @param contentLength the header, or −1
   */
  public void postStarted(
      X exchange, EngineRequest request, String contentType, long contentLength, long now) {
    advanceTo(now);
    EngineError refusal = refusal();
    if (refusal != null) {
      output.refuse(exchange, refusal);
    } else {
      polling.startPost(exchange, request.jsonp() != null, contentType, contentLength, now);
    }
  }

  /** Takes a part of a body. The buffer must not change afterwards. */
  public void postChunk(X exchange, Buffer chunk) {
    polling.append(exchange, chunk);
  }

  /** Takes the end of a body. */
  public void postEnded(X exchange, long now) {
    if (isOverWebSocket()) {
      polling.refusePost(exchange);
    } else {
      polling.finishPost(exchange, now);
    }
  }

  /** Notes that the connection of an exchange is lost, before or after it was answered. */
  public void exchangeAborted(X exchange, long now) {
    polling.aborted(exchange);
  }

  /** Ends a poll early: it is answered with the queue or a noop. A POST ends by itself. */
  public void release(X exchange) {
    if (polling.holds(exchange)) {
      releasePoll();
    }
  }

  /** Answers a held poll with the queue or a noop, which must never reach the WebSocket. */
  private void releasePoll() {
    if (polling.endRelease()) {
      answerPoll(true);
    }
  }

  private void answerPoll(boolean noop) {
    if (polling.answer(queue, noop, state == State.CLOSING)) {
      end(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.CLOSE);
    }
  }

  /**
   * Takes a WebSocket for the upgrade, admitted with {@link FrontDoor.Action#UPGRADE}. It is closed
   * when the session cannot take it, and the session goes on.
   */
  public void webSocketOpened(W opened, EngineRequest request, long now) {
    if (mayUpgrade()) {
      webSocket.offer(opened, request.base64(), now);
    } else {
      webSocket.decline(opened);
    }
  }

  /** Returns the WebSocket side, which takes what arrives on WebSockets. */
  public WebSocketTransport<W> webSocket() {
    return webSocket;
  }

  private final class TransportHost implements EngineTransportHost {

    @Override
    public boolean isAlive() {
      return state == State.OPEN || state == State.CLOSING;
    }

    @Override
    public void receive(EnginePacket packet, long now) {
      if (state != State.OPEN) {
        // A client may still close a session that waits for its poll.
        if (state == State.CLOSING && packet.type() == PacketType.CLOSE) {
          end(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.NOOP);
        }
        return;
      }
      heartbeat.received(packet.type() == PacketType.PONG, now);
      switch (packet.type()) {
        case MESSAGE -> events.add(packet);
        case PING, PONG -> receiveHeartbeat(packet);
        case CLOSE -> clientClosed(now);
        case OPEN, UPGRADE, NOOP -> {}
      }
    }

    @Override
    public void end(EngineCloseReason reason, String detail, EnginePacket lastWord) {
      EngineSession.this.end(reason, detail, lastWord);
    }

    @Override
    public void probed() {
      if (polling.canRelease()) {
        releasePoll();
      }
    }

    @Override
    public void upgradeFailed() {
      polling.endRelease();
    }

    @Override
    public void upgraded(long now) {
      polling.upgraded();
      // The heartbeat belongs to the session, so the switch does not reset it.
      heartbeat.received(false, now);
      if (state == State.CLOSING) {
        finishOverWebSocket(EngineCloseReason.NO_CODE);
      } else {
        events.add(new EngineEvent.Upgraded());
      }
    }
  }

  private void receiveHeartbeat(EnginePacket packet) {
    // Engine.IO 4 reversed the direction of the heartbeat.
    PacketType expected = generation == Generation.V3 ? PacketType.PING : PacketType.PONG;
    if (packet.type() != expected) {
      end(EngineCloseReason.TRANSPORT_ERROR, "heartbeat in wrong direction", EnginePacket.CLOSE);
    } else if (expected == PacketType.PING) {
      enqueue(EnginePacket.pong(packet));
    }
  }

  private void clientClosed(long now) {
    endTransports(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.NOOP);
    if (isOverWebSocket() || polling.wasUsed()) {
      forget();
    } else {
      state = State.FAREWELL;
      lingerUntil = now + FAREWELL_LASTS;
    }
  }

  /**
   * Sends a message, in the order of the calls. Does nothing once the session is no longer open.
   * Packets may be shared with other sessions of the event loop.
   */
  public void send(EnginePacket message) {
    if (state == State.OPEN) {
      enqueue(message);
    }
  }

  private void enqueue(EnginePacket packet) {
    queue.add(packet);
    // Over a WebSocket the queue lasts one turn; the shell limits what is not written.
    if (queue.weight() > config.maxQueuedBytes() && !isOverWebSocket()) {
      end(EngineCloseReason.SLOW_CONSUMER, "client does not poll", EnginePacket.CLOSE);
    }
  }

  /**
   * Closes in order: packets sent before are written first. Over polling this waits for one or two
   * polls, and only briefly when the server is shutting down. The event comes at once.
   *
   * @param detail of the event: what was wrong, without any payload
   */
  public void close(EngineCloseReason reason, String detail, long now) {
    if (state != State.OPEN) {
      return;
    }
    events.add(new EngineEvent.Closed(reason, detail));
    state = State.CLOSING;
    if (isOverWebSocket()) {
      finishOverWebSocket(reason.webSocketCode());
    } else if (polling.hasPoll()) {
      answerPoll(false);
    }
    if (state == State.CLOSING) {
      long linger = config.closeLinger().toMillis();
      lingerUntil = now + (reason.isUrgent() ? Math.min(linger, SHORT_LINGER) : linger);
    }
  }

  private void finishOverWebSocket(int code) {
    for (EnginePacket packet; (packet = queue.poll()) != null; ) {
      webSocket.write(packet);
    }
    webSocket.close(code);
    end(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.CLOSE);
  }

  /** Ends at once. A held poll is answered with the last word. */
  private void end(EngineCloseReason reason, String detail, EnginePacket lastWord) {
    if (state == State.OPEN || state == State.CLOSING) {
      endTransports(reason, detail, lastWord);
      forget();
    }
  }

  private void forget() {
    queue.clear();
    lingerUntil = NEVER;
    state = State.CLOSED;
  }

  private void endTransports(EngineCloseReason reason, String detail, EnginePacket lastWord) {
    polling.close(lastWord);
    webSocket.end(reason, state == State.OPEN ? lastWords : EngineLastWords.NONE);
    if (state == State.OPEN) {
      events.add(new EngineEvent.Closed(reason, detail));
    }
  }

  /** Returns the next event, or null. */
  public EngineEvent pollEvent() {
    return events.poll();
  }

  /** Returns the next write, or null. Ends the turn: packets that were sent are written. */
  public EngineWrite<X, W> pollWrite() {
    EngineWrite<X, W> write = output.poll();
    if (write != null || queue.isEmpty()) {
      return write;
    }
    if (isOverWebSocket()) {
      webSocket.write(queue.poll());
    } else if (polling.canAnswer()) {
      answerPoll(false);
    }
    return output.poll();
  }

  /** Lets time pass: sends pings, and ends what takes too long. */
  public void advanceTo(long now) {
    if (state == State.OPEN) {
      if (heartbeat.expired(now)) {
        expire(now);
      } else if (heartbeat.pingDue(now)) {
        enqueue(EnginePacket.PING);
      }
    }
    if (now >= lingerUntil) {
      end(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.CLOSE);
      forget();
    }
    polling.advanceTo(now);
    webSocket.advanceTo(now);
    if (polling.isReleaseDue(now)) {
      releasePoll();
    }
  }

  private void expire(long now) {
    // Without a held poll, the next request finds no session (§9).
    boolean tellsPoll = !isOverWebSocket() && polling.hasPoll();
    List<EnginePacket> words =
        tellsPoll ? lastWords.before(EngineCloseReason.PING_TIMEOUT) : List.of();
    if (words.isEmpty()) {
      end(EngineCloseReason.PING_TIMEOUT, "", EnginePacket.CLOSE);
    } else {
      words.forEach(queue::add);
      close(EngineCloseReason.PING_TIMEOUT, "", now);
    }
  }

  /**
   * Returns when the last ping was sent that the client has answered: it has read everything that
   * was sent before. {@link Long#MIN_VALUE} when there was none, as with Engine.IO 3.
   */
  public long answeredPing() {
    return heartbeat.answeredPing();
  }

  /** Returns when {@link #advanceTo} has something to do, or {@link #NEVER}. */
  public long nextDeadline() {
    long next = state == State.OPEN ? heartbeat.nextDeadline() : NEVER;
    next = Math.min(next, lingerUntil);
    return Math.min(next, Math.min(polling.nextDeadline(), webSocket.nextDeadline()));
  }
}

package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.StrictUtf8;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayDeque;
import java.util.List;

/**
 * One Engine.IO client, on whichever transport it is. Knows no sockets: {@code X} is the shell's
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
 *     │                        client closed, no poll waiting            ▲
 *     ├────────────────────► FAREWELL ───── late poll, or 1 s ───────────┤
 *     └───── client closed or broke the protocol, heartbeat lost ────────┘
 * </pre>
 *
 * <p>Its transport, where the picture can be left to the end of the session at any place:
 *
 * <pre>
 *            WebSocket opened         "2probe"           "5"
 *   POLLING ────────────────► OFFERED ───────► PROBED ───────► WEBSOCKET
 *     ▲                          │ "5" ───────────────────────────▲
 *     └── other packet, lost, ───┴────────────────┘
 *         or upgrade timeout
 * </pre>
 */
public final class EngineSession<X, W> {
  private enum State {
    OPEN,
    CLOSING,
    FAREWELL,
    CLOSED
  }

  private enum Link {
    POLLING,
    OFFERED,
    PROBED,
    WEBSOCKET
  }

  /** What the layer above has to say before a session ends at once. */
  @FunctionalInterface
  public interface LastWords {

    /** Messages for the client; empty where there is nothing to say for that reason. */
    List<EnginePacket> before(EngineCloseReason reason);
  }

  /** The deadline that never comes. */
  public static final long NEVER = Long.MAX_VALUE;

  // A poll during an upgrade is held for a moment: answered at once, it would spin.
  private static final long RELEASE_AFTER = 50;
  // How long a poll may arrive after the POST with the client's close that overtook it.
  private static final long FAREWELL_LASTS = 1_000;
  // How long a close waits for a poll of a client that is silent, or that a whole node waits for.
  private static final long SHORT_LINGER = 2_000;
  // One answer stays within a few payloads, though nothing on the wire limits it.
  private static final long ANSWER_PAYLOADS = 4;
  private static final String PROBE = "2probe";

  private final EngineConfig config;
  private final Generation generation;
  private final String sid;
  private final Heartbeat heartbeat;
  private final ArrayDeque<EngineEvent> events = new ArrayDeque<>(4);
  private final EngineOutput<X, W> output;
  private final PacketQueue queue = new PacketQueue();

  private LastWords lastWords = reason -> List.of();
  private State state = State.OPEN;
  private Link link;

  /** The current WebSocket, or the one that wants to become it. */
  private W socket;

  private boolean base64;
  private boolean socketBase64;

  /** The one poll that waits for packets. */
  private X poll;

  private String pollJsonp;

  /** The one POST whose body is being read. */
  private PostBody<X> post;

  private long releaseAt = NEVER;
  private long upgradeBy = NEVER;
  private long lingerUntil = NEVER;

  private EngineSession(
      EngineConfig config, EngineRequest request, String sid, Link link, long now) {
    this.config = config;
    this.generation = request.generation();
    this.sid = sid;
    this.link = link;
    this.base64 = request.base64();
    this.socketBase64 = request.base64();
    this.heartbeat = Heartbeat.of(generation, config, now);
    this.output = new EngineOutput<>(generation);
  }

  /**
   * A session that starts with this poll, which is answered with the open packet and nothing else.
   *
   * @param request admitted with {@link FrontDoor.Action#OPEN_POLLING}
   * @param sid secret and of URL-safe characters
   */
  public static <X, W> EngineSession<X, W> overPolling(
      EngineConfig config, EngineRequest request, String sid, X exchange, long now) {
    var session = new EngineSession<X, W>(config, request, sid, Link.POLLING, now);
    session.output.answer(
        exchange,
        session.base64,
        request.jsonp(),
        List.of(session.openPacket(config.upgradesAllowed())));
    return session;
  }

  /**
   * A session that starts with this WebSocket.
   *
   * @param request admitted with {@link FrontDoor.Action#OPEN_WEBSOCKET}
   * @param sid secret and of URL-safe characters
   */
  public static <X, W> EngineSession<X, W> overWebSocket(
      EngineConfig config, EngineRequest request, String sid, W socket, long now) {
    var session = new EngineSession<X, W>(config, request, sid, Link.WEBSOCKET, now);
    session.socket = socket;
    session.output.packet(socket, session.openPacket(false), false);
    return session;
  }

  private EnginePacket openPacket(boolean upgrades) {
    return EnginePacket.open(
        new JsonObject()
            .put("sid", sid)
            .put("upgrades", upgrades ? JsonArray.of(EngineRequest.WEBSOCKET) : new JsonArray())
            .put("pingInterval", config.pingInterval().toMillis())
            .put("pingTimeout", config.pingTimeout().toMillis())
            .put("maxPayload", config.maxPayload())
            .encode());
  }

  /** Whom to ask what the client is told when the session ends by itself. */
  public void setLastWords(LastWords lastWords) {
    this.lastWords = lastWords;
  }

  public String sid() {
    return sid;
  }

  public Generation generation() {
    return generation;
  }

  /** Whether the current transport is a WebSocket. */
  public boolean isOverWebSocket() {
    return link == Link.WEBSOCKET;
  }

  /** Whether packets can be sent; ends for good. */
  public boolean isOpen() {
    return state == State.OPEN;
  }

  /** Whether the session has nothing left to do: forget its id. */
  public boolean finished() {
    return state == State.CLOSED;
  }

  /**
   * Whether a packet sent now leaves at once as far as this session can tell: a poll waits for it,
   * or it is over a WebSocket, which the shell has to ask itself.
   */
  public boolean isWritable() {
    return state == State.OPEN && queue.isEmpty() && (poll != null || isOverWebSocket());
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
    return state == State.OPEN && link == Link.POLLING && config.upgradesAllowed();
  }

  // ------------------------------------------------------------------ polling

  /** A GET admitted with {@link FrontDoor.Action#POLL}. It is answered now or later. */
  public void pollArrived(X exchange, EngineRequest request, long now) {
    advanceTo(now);
    if (state == State.FAREWELL) {
      output.answer(exchange, base64, request.jsonp(), List.of(EnginePacket.NOOP));
      state = State.CLOSED;
    } else if (state == State.CLOSED) {
      output.refuse(exchange, EngineError.SESSION_UNKNOWN);
    } else if (isOverWebSocket()) {
      output.refuse(exchange, EngineError.BAD_REQUEST);
    } else if (poll != null) {
      output.reject(exchange, false);
      end(EngineCloseReason.TRANSPORT_ERROR, "two polls at once", EnginePacket.CLOSE);
    } else {
      poll = exchange;
      pollJsonp = request.jsonp();
      if (state == State.CLOSING) {
        answerPoll(true);
      } else if (link == Link.PROBED) {
        releaseAt = now + RELEASE_AFTER;
      }
    }
  }

  /**
   * A POST admitted with {@link FrontDoor.Action#POST}. Its body follows.
   *
   * @param contentType the header, or null
   * @param contentLength the header, or −1
   */
  public void postStarted(
      X exchange, EngineRequest request, String contentType, long contentLength, long now) {
    advanceTo(now);
    if (state == State.CLOSED || state == State.FAREWELL) {
      output.refuse(exchange, EngineError.SESSION_UNKNOWN);
    } else if (isOverWebSocket()) {
      output.refuse(exchange, EngineError.BAD_REQUEST);
    } else if (post != null) {
      output.reject(exchange, true);
      end(EngineCloseReason.TRANSPORT_ERROR, "two POSTs at once", EnginePacket.CLOSE);
    } else if (generation == Generation.V4 && PostBody.isBinary(contentType)) {
      output.reject(exchange, true);
      end(EngineCloseReason.TRANSPORT_ERROR, "binary POST", EnginePacket.CLOSE);
    } else if (contentLength > config.maxPayload()) {
      refuseTooLarge(exchange);
    } else {
      long deadline = now + config.pingTimeout().toMillis();
      post = new PostBody<>(exchange, request.jsonp() != null, contentType, deadline);
    }
  }

  /** A part of a body. The buffer must not change afterwards. */
  public void postChunk(X exchange, Buffer chunk) {
    if (post == null || post.exchange() != exchange) {
      return;
    }
    if (!post.append(chunk, config.maxPayload())) {
      post = null;
      refuseTooLarge(exchange);
    }
  }

  /** The end of a body. */
  public void postEnded(X exchange, long now) {
    if (post == null || post.exchange() != exchange) {
      return;
    }
    PostBody<X> body = post;
    post = null;
    if (isOverWebSocket()) {
      output.refuse(exchange, EngineError.BAD_REQUEST);
      return;
    }
    try {
      body.decode(generation, packet -> receive(packet, now));
    } catch (ProtocolException e) {
      if (state == State.OPEN || state == State.CLOSING) {
        output.refuse(exchange, EngineError.BAD_REQUEST);
        end(EngineCloseReason.PARSE_ERROR, e.getMessage(), EnginePacket.CLOSE);
        return;
      }
      // A packet before this one ended the session, and what follows it no longer counts.
    }
    output.ok(exchange);
  }

  /** The connection of an exchange is lost; no matter if the exchange was already answered. */
  public void exchangeAborted(X exchange, long now) {
    if (exchange == poll) {
      poll = null;
      end(EngineCloseReason.TRANSPORT_ERROR, "poll aborted", EnginePacket.CLOSE);
    } else if (post != null && exchange == post.exchange()) {
      post = null;
      end(EngineCloseReason.TRANSPORT_ERROR, "POST aborted", EnginePacket.CLOSE);
    }
  }

  /**
   * The shell wants an exchange to end. A poll is answered with what waits, or with a noop, and its
   * client polls again; a POST ends by itself.
   */
  public void release(X exchange) {
    if (exchange == poll) {
      releasePoll();
    }
  }

  private void refuseTooLarge(X exchange) {
    output.tooLarge(exchange);
    end(EngineCloseReason.TOO_LARGE, "body over the limit", EnginePacket.CLOSE);
  }

  // ---------------------------------------------------------------- websocket

  /**
   * A WebSocket for the upgrade, admitted with {@link FrontDoor.Action#UPGRADE} and accepted. If
   * another was faster it is closed, and the session goes on.
   */
  public void webSocketOpened(W opened, EngineRequest request, long now) {
    if (!mayUpgrade()) {
      output.close(opened, EngineCloseReason.NO_CODE);
      return;
    }
    link = Link.OFFERED;
    socket = opened;
    socketBase64 = request.base64();
    upgradeBy = now + config.upgradeTimeout().toMillis();
  }

  /** A whole text message. */
  public void webSocketText(W from, String text, long now) {
    if (from != socket) {
      return;
    }
    if (!isOverWebSocket()) {
      receiveAsCandidate(text, now);
    } else if (StrictUtf8.isLonger(text, config.maxPayload())) {
      webSocketTooLarge(from, now);
    } else {
      try {
        receive(EnginePacket.decodeText(text, generation), now);
      } catch (ProtocolException e) {
        end(EngineCloseReason.PARSE_ERROR, e.getMessage(), EnginePacket.CLOSE);
      }
    }
  }

  /** A whole binary message. The buffer belongs to the session from here on. */
  public void webSocketBinary(W from, Buffer data, long now) {
    if (from != socket) {
      return;
    }
    if (!isOverWebSocket()) {
      dropCandidate(true);
    } else if (data.length() > config.maxPayload()) {
      webSocketTooLarge(from, now);
    } else {
      try {
        receive(EnginePacket.decodeBinary(data, generation), now);
      } catch (ProtocolException e) {
        end(EngineCloseReason.PARSE_ERROR, e.getMessage(), EnginePacket.CLOSE);
      }
    }
  }

  /** A message that is longer than {@link EngineConfig#maxPayload()} bytes, whatever is in it. */
  public void webSocketTooLarge(W from, long now) {
    if (from != socket) {
      return;
    }
    if (isOverWebSocket()) {
      end(EngineCloseReason.TOO_LARGE, "message over the limit", EnginePacket.CLOSE);
    } else {
      dropCandidate(true);
    }
  }

  /** A WebSocket is closed or lost. */
  public void webSocketClosed(W closed, long now) {
    if (closed != socket) {
      return;
    }
    if (isOverWebSocket()) {
      socket = null;
      end(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.CLOSE);
    } else {
      dropCandidate(false);
    }
  }

  private void receiveAsCandidate(String text, long now) {
    if (text.equals(PROBE)) {
      link = Link.PROBED;
      output.packet(socket, EnginePacket.PROBE_ANSWER, false);
      // The client waits for its poll to end before it upgrades.
      releasePoll();
    } else if (!text.isEmpty() && PacketType.ofDigit(text.charAt(0)) == PacketType.UPGRADE) {
      upgrade(now);
    } else {
      dropCandidate(true);
    }
  }

  private void upgrade(long now) {
    if (poll != null) {
      output.answer(poll, base64, pollJsonp, List.of(EnginePacket.NOOP));
      poll = null;
    }
    link = Link.WEBSOCKET;
    base64 = socketBase64;
    upgradeBy = NEVER;
    releaseAt = NEVER;
    // The heartbeat lives in the session, so it goes on as it was.
    heartbeat.received(false, now);
    if (state == State.CLOSING) {
      finishOverWebSocket(EngineCloseReason.NO_CODE);
    } else {
      events.add(new EngineEvent.Upgraded());
    }
  }

  private void dropCandidate(boolean close) {
    if (close) {
      output.close(socket, EngineCloseReason.NO_CODE);
    }
    socket = null;
    link = Link.POLLING;
    upgradeBy = NEVER;
    releaseAt = NEVER;
  }

  /** Ends a poll with what waits, or with a noop, which must never reach the WebSocket. */
  private void releasePoll() {
    releaseAt = NEVER;
    if (poll != null) {
      answerPoll(true);
    }
  }

  // ------------------------------------------------------------------ packets

  private void receive(EnginePacket packet, long now) {
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

  private void receiveHeartbeat(EnginePacket packet) {
    boolean fromClient = generation == Generation.V3;
    if (fromClient != (packet.type() == PacketType.PING)) {
      // Engine.IO 4 turned the direction round, so either side can tell a stranger.
      end(
          EngineCloseReason.TRANSPORT_ERROR,
          "heartbeat in the wrong direction",
          EnginePacket.CLOSE);
    } else if (fromClient) {
      enqueue(EnginePacket.pong(packet));
    }
  }

  private void clientClosed(long now) {
    boolean awaited = poll == null && !isOverWebSocket();
    end(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.NOOP);
    if (awaited) {
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
    // Over a WebSocket the queue lasts a turn, and what piles up does so in the shell.
    if (queue.weight() > config.maxQueuedBytes() && !isOverWebSocket()) {
      end(EngineCloseReason.SLOW_CONSUMER, "client does not poll", EnginePacket.CLOSE);
    }
  }

  // ------------------------------------------------------------------ closing

  /**
   * Closes in order: what was sent before goes out first. Over polling this waits for a poll, or
   * two, and not for long when the server is shutting down. The event comes at once.
   *
   * @param detail for the event: what was wrong, without any payload
   */
  public void close(EngineCloseReason reason, String detail, long now) {
    if (state != State.OPEN) {
      return;
    }
    events.add(new EngineEvent.Closed(reason, detail));
    state = State.CLOSING;
    if (isOverWebSocket()) {
      finishOverWebSocket(reason.webSocketCode());
    } else if (poll != null) {
      answerPoll(false);
    }
    if (state == State.CLOSING) {
      boolean hurried =
          reason == EngineCloseReason.SERVER_SHUTTING_DOWN
              || reason == EngineCloseReason.PING_TIMEOUT;
      long linger = config.closeLinger().toMillis();
      lingerUntil = now + (hurried ? Math.min(linger, SHORT_LINGER) : linger);
    }
  }

  private void finishOverWebSocket(int code) {
    for (EnginePacket packet; (packet = queue.poll()) != null; ) {
      output.packet(socket, packet, base64);
    }
    output.close(socket, code);
    socket = null;
    end(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.CLOSE);
  }

  /** Ends at once; a waiting poll gets the last word. */
  private void end(EngineCloseReason reason, String detail, EnginePacket lastWord) {
    if (state == State.CLOSED || state == State.FAREWELL) {
      return;
    }
    if (poll != null) {
      output.answer(poll, base64, pollJsonp, List.of(lastWord));
      poll = null;
    }
    if (post != null) {
      output.cut(post.exchange());
      post = null;
    }
    if (socket != null) {
      if (state == State.OPEN && isOverWebSocket()) {
        for (EnginePacket packet : lastWords.before(reason)) {
          output.packet(socket, packet, base64);
        }
      }
      int code = isOverWebSocket() ? reason.webSocketCode() : EngineCloseReason.NO_CODE;
      output.close(socket, code);
      socket = null;
    }
    if (state == State.OPEN) {
      events.add(new EngineEvent.Closed(reason, detail));
    }
    queue.clear();
    releaseAt = NEVER;
    upgradeBy = NEVER;
    lingerUntil = NEVER;
    state = State.CLOSED;
  }

  // ------------------------------------------------------------ drain, re-arm

  /** What happened, in order; null when that is all. */
  public EngineEvent pollEvent() {
    return events.poll();
  }

  /** What to write, in order; null when that is all. Ends the turn: sent packets leave with it. */
  public EngineWrite<X, W> pollWrite() {
    EngineWrite<X, W> write = output.poll();
    if (write != null || queue.isEmpty()) {
      return write;
    }
    if (isOverWebSocket()) {
      return output.frame(socket, queue.poll(), base64);
    }
    if (poll != null) {
      answerPoll(false);
    }
    return output.poll();
  }

  /**
   * Answers the waiting poll with the queue, or with as much of it as is good for one answer.
   *
   * @param noop an empty queue needs a packet in its place
   */
  private void answerPoll(boolean noop) {
    List<EnginePacket> batch = queue.take(ANSWER_PAYLOADS * config.maxPayload());
    // Clients look into messages a tick later than into a close packet: in one answer it would
    // overtake them, and a Socket.IO DISCONNECT be lost.
    boolean last = state == State.CLOSING && batch.isEmpty();
    if (batch.isEmpty() && noop) {
      batch.add(EnginePacket.NOOP);
    }
    if (last) {
      batch.add(EnginePacket.CLOSE);
    }
    output.answer(poll, base64, pollJsonp, batch);
    poll = null;
    releaseAt = NEVER;
    if (last) {
      end(EngineCloseReason.TRANSPORT_CLOSE, "", EnginePacket.CLOSE);
    }
  }

  /** Lets time pass: pings, and ends what took too long. */
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
      state = State.CLOSED;
      lingerUntil = NEVER;
    }
    if (post != null && now >= post.deadline()) {
      end(EngineCloseReason.TRANSPORT_ERROR, "POST without an end", EnginePacket.CLOSE);
    }
    if (now >= upgradeBy) {
      dropCandidate(true);
    }
    if (now >= releaseAt) {
      releasePoll();
    }
  }

  private void expire(long now) {
    List<EnginePacket> words =
        isOverWebSocket() ? List.of() : lastWords.before(EngineCloseReason.PING_TIMEOUT);
    if (words.isEmpty()) {
      end(EngineCloseReason.PING_TIMEOUT, "", EnginePacket.CLOSE);
    } else {
      words.forEach(queue::add);
      close(EngineCloseReason.PING_TIMEOUT, "", now);
    }
  }

  /**
   * When the last ping was sent that the client has answered: it has read what was sent before it.
   * {@link Long#MIN_VALUE} when there was none, as with Engine.IO 3.
   */
  public long answeredPing() {
    return heartbeat.answeredPing();
  }

  /** When {@link #advanceTo} has something to do, or {@link #NEVER}. */
  public long nextDeadline() {
    long next = state == State.OPEN ? heartbeat.nextDeadline() : NEVER;
    next = Math.min(next, Math.min(lingerUntil, Math.min(upgradeBy, releaseAt)));
    return post == null ? next : Math.min(next, post.deadline());
  }
}

package io.linkspan.transport.websocket;

import com.google.protobuf.MessageLite;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.Offence;
import io.linkspan.api.AckMessage;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.AccessLog;
import io.linkspan.connection.Backlog;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.EarlyMessages;
import io.linkspan.connection.Heartbeat;
import io.linkspan.connection.MalformedCounter;
import io.linkspan.connection.Outgoing;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.websocket.WebSocketViolation;
import io.linkspan.session.Receipt;
import io.linkspan.session.Session;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.TimerQueue;
import io.linkspan.translate.BinaryTranslator;
import io.linkspan.translate.ErrorTranslator;
import io.linkspan.translate.JsonTranslator;
import io.linkspan.translate.ScratchFrame;
import io.linkspan.transport.http.Upgrade;
import io.linkspan.transport.http.UpgradedConnection;
import io.linkspan.transport.http.WebSocketLink;
import java.util.function.Consumer;

/**
 * One client on a plain WebSocket. Its session begins before the upgrade is answered: a client that
 * sees itself connected can be reached. Used only on its event loop.
 *
 * <pre>
 *              upgraded          close, violation, heartbeat         TCP ended
 *   OPENING ────────────► OPEN ──────────────────────────► CLOSING ───────────► CLOSED
 *      ├──────────────────┼───── close ───────────────────────┘ ▲                 ▲
 *      │                  │ close of the client                 │                 │
 *      │                  └──────► DRAINING ────────────────────┘                 │
 *      │                              │ TCP ended       no Message is pending     │
 *      │                              └──────► DETACHED ──────────────────────────┤
 *      │ not upgraded                            no Message is pending, time-out  │
 *      └──────────────────────────────────────────────────────────────────────────┘
 * </pre>
 *
 * <p>A client that closes in order has sent everything that it wanted to send. So its session ends
 * only after each of these Messages has an outcome.
 */
final class WebSocketConnection
    implements Connection, Receipt, WebSocketLink.Listener, Upgrade.Listener {

  private enum State {
    OPENING,
    OPEN,
    DRAINING,
    DETACHED,
    CLOSING,
    CLOSED
  }

  private static final int NORMAL_CLOSURE = 1000;

  /** Milliseconds that the Messages of a client that has closed may take. */
  private static final long DRAIN_LIMIT = 60_000;

  private static final Outgoing.Encoder<byte[]> BINARY = BinaryTranslator::encode;
  private static final Outgoing.Encoder<byte[]> JSON = JsonTranslator::encodeFrame;

  private final String remote;
  private final LimitsConfig limits;
  private final TransportMetrics metrics;
  private final Heartbeat heartbeat;
  private final DeadlineTimer timer;
  private final int maxMessage;
  private final MemoryAccount memory;
  private final Consumer<WebSocketConnection> onEnd;
  private State state = State.OPENING;
  private Session session;
  private WebSocketLink link;
  private final boolean json;

  /** Null once the link is open or has ended. */
  private EarlyMessages early;

  private CloseReason closeReason;
  private long lastReceived = DeadlineTimer.now();

  /** Null until the first one. */
  private MalformedCounter malformed;

  /** Messages of the client that have no outcome yet. */
  private int pending;

  /**
   * @param timers of the connections of the event loop
   * @param remote network address of the client, {@code host:port}
   * @param json whether the client speaks JSON
   * @param memory of the event loop
   * @param onEnd called once, when the connection has ended
   */
  WebSocketConnection(
      TimerQueue timers,
      String remote,
      boolean json,
      WebSocketConfig config,
      LimitsConfig limits,
      TransportMetrics metrics,
      MemoryAccount memory,
      Consumer<WebSocketConnection> onEnd) {
    this.remote = remote;
    this.json = json;
    this.limits = limits;
    this.metrics = metrics;
    this.memory = memory;
    this.onEnd = onEnd;
    maxMessage = config.maxMessageSize();
    early = new EarlyMessages(limits.writeQueue());
    heartbeat = new Heartbeat(config.heartbeat(), lastReceived);
    timer = new DeadlineTimer(timers, this::onTimer);
  }

  /** Takes the client's session; the upgrade may be answered, unless the client has left. */
  void begin(Session session) {
    this.session = session;
    metrics.opened();
    if (state != State.OPENING) {
      end(closeReason == null ? CloseReason.CONNECTION_LOST : closeReason);
    }
  }

  @Override
  public void opened(UpgradedConnection connection) {
    link = new WebSocketLink(connection, maxMessage, memory, this);
    if (state == State.CLOSING) {
      sendClose(closeReason, 0);
      return;
    }
    state = State.OPEN;
    AccessLog.opened(metrics.transport(), remote, session.user(), session.id());
    early.takeAll().forEach(this::deliver);
    early = null;
    timer.arm(heartbeat.nextDeadline());
  }

  @Override
  public void failed() {
    onEnd();
  }

  @Override
  public String transport() {
    return metrics.transport();
  }

  @Override
  public String remote() {
    return remote;
  }

  @Override
  public boolean readsJson() {
    return json;
  }

  @Override
  public long lastReceived() {
    return lastReceived;
  }

  @Override
  public boolean deliver(Outgoing message) {
    if (state == State.OPENING) {
      if (early.add(message)) {
        return true;
      }
      close(CloseReason.SLOW_CONSUMER);
      return false;
    }
    if (state != State.OPEN) {
      return false;
    }
    metrics.messageOut();
    ScratchFrame frame =
        json || message.isShared() ? null : ScratchFrame.of(message.message(), message.size());
    if (frame == null) {
      write(message.as(json ? JSON : BINARY));
    } else {
      write(frame);
    }
    return state == State.OPEN;
  }

  @Override
  public void accepted(String eventId) {
    if (state == State.OPEN) {
      metrics.ackOut();
      ScratchFrame frame = json ? null : ScratchFrame.ofAck(eventId);
      if (frame == null) {
        write(json ? JsonTranslator.encodeAckFrame(eventId) : BinaryTranslator.encodeAck(eventId));
      } else {
        write(frame);
      }
    }
    ended();
  }

  @Override
  public void refused(String eventId, MessageException why) {
    writeError(eventId, why);
    ended();
  }

  /** A Message of the client has its outcome. */
  private void ended() {
    pending--;
    if (pending == 0) {
      endDrained();
    }
  }

  /** Ends the session of a client that has closed in order, unless it has ended. */
  private void endDrained() {
    if (state == State.DRAINING) {
      state = State.CLOSING;
      end(CloseReason.NORMAL);
    } else if (state == State.DETACHED) {
      end(CloseReason.NORMAL);
      finish();
    }
  }

  private void writeError(String eventId, MessageException why) {
    if (state == State.OPEN) {
      metrics.error(why.code());
      Message error = ErrorTranslator.toMessage(eventId, why);
      write(json ? JsonTranslator.encodeFrame(error) : BinaryTranslator.encode(error));
    }
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    if (state != State.OPENING && state != State.OPEN) {
      endDrained();
      return;
    }
    boolean upgraded = state == State.OPEN;
    state = State.CLOSING;
    closeReason = reason;
    if (session != null) {
      end(reason);
    }
    if (upgraded) {
      sendClose(reason, retryAfterMs);
    }
  }

  private void sendClose(CloseReason reason, long retryAfterMs) {
    String text =
        retryAfterMs > 0 ? reason.label() + "; retryAfterMs=" + retryAfterMs : reason.label();
    link.close(reason.code(), text);
    timer.cancel();
    timer.arm(DeadlineTimer.now() + limits.closeTimeout().toMillis());
  }

  @Override
  public Backlog backlog() {
    return link == null ? Backlog.NONE : link;
  }

  @Override
  public void onRead() {
    lastReceived = DeadlineTimer.now();
    heartbeat.received(lastReceived);
  }

  @Override
  public void onViolation(WebSocketViolation violation) {
    close(
        switch (violation) {
          case PROTOCOL_ERROR -> CloseReason.PROTOCOL_ERROR;
          case INVALID_PAYLOAD -> CloseReason.INVALID_PAYLOAD;
          case TOO_LARGE -> CloseReason.TOO_LARGE;
        });
  }

  @Override
  public void onWriteBlocked() {
    if (state == State.OPEN && !heartbeat.watchesWriter()) {
      link.watch(heartbeat, DeadlineTimer.now());
      timer.arm(heartbeat.nextDeadline());
    }
  }

  /**
   * Ends the session at the client's close frame. When the TCP connection ends, the client may
   * already have reconnected.
   */
  @Override
  public void onClose(int code) {
    if (state != State.OPEN) {
      return;
    }
    if (code == NORMAL_CLOSURE && pending > 0) {
      state = State.DRAINING;
    } else {
      state = State.CLOSING;
      closeReason = code == NORMAL_CLOSURE ? CloseReason.NORMAL : CloseReason.CONNECTION_LOST;
      end(closeReason);
    }
    timer.cancel();
    timer.arm(DeadlineTimer.now() + limits.closeTimeout().toMillis());
  }

  @Override
  public void onBinary(byte[] bytes, int length) {
    if (state != State.OPEN) {
      return;
    }
    heartbeat.message(lastReceived);
    try {
      onDecoded(BinaryTranslator.decode(bytes, length, limits.messages()));
    } catch (ProtocolException e) {
      onMalformed(e.getMessage());
    }
  }

  @Override
  public void onText(String text) {
    if (state != State.OPEN) {
      return;
    }
    heartbeat.message(lastReceived);
    byte[] answer = HeartCheck.answer(text);
    if (answer != null) {
      session.heartbeatReceived();
      link.write(true, answer);
      session.heartbeatSent();
      return;
    }
    if (!json) {
      onMalformed(
          "a text frame must be a HEART_CHECK unless the subprotocol is "
              + WebSocketConfig.JSON_SUBPROTOCOL);
      return;
    }
    try {
      onDecoded(JsonTranslator.decodeFrame(text, limits.messages()));
    } catch (ProtocolException e) {
      onMalformed(e.getMessage());
    }
  }

  private void onDecoded(MessageLite decoded) {
    if (decoded instanceof AckMessage ack) {
      metrics.ackIn();
      session.acknowledged(ack.getEventId(), null);
    } else {
      metrics.messageIn();
      pending++;
      session.receive((Message) decoded, this);
    }
  }

  private void onMalformed(String what) {
    writeError("", new MessageException(ErrorCode.MALFORMED, what));
    session.offended(Offence.MALFORMED);
    if (malformed == null) {
      malformed = new MalformedCounter(this, limits.malformed());
    }
    malformed.increment();
  }

  private void write(byte[] message) {
    link.write(json, message);
    written();
  }

  private void write(ScratchFrame frame) {
    link.write(false, frame.bytes(), frame.length());
    written();
  }

  private void written() {
    heartbeat.message(lastReceived);
    if (link.waitsForMoreThan(limits.writeQueue())) {
      close(CloseReason.SLOW_CONSUMER);
    }
  }

  private void onTimer() {
    if (state == State.CLOSING || state == State.DRAINING) {
      link.abort();
      return;
    }
    if (state == State.DETACHED) {
      endDrained();
      return;
    }
    switch (link.advance(heartbeat, DeadlineTimer.now())) {
      case PROBE -> {
        link.writePing();
        session.heartbeatSent();
      }
      case EXPIRE -> {
        close(CloseReason.HEARTBEAT_TIMEOUT);
        return;
      }
      case NONE -> {
        // The deadline has moved since the timer was armed.
      }
    }
    timer.arm(heartbeat.nextDeadline());
  }

  @Override
  public void onEnd() {
    if (state == State.CLOSED) {
      return;
    }
    if (state == State.DRAINING) {
      state = State.DETACHED;
      timer.cancel();
      timer.arm(DeadlineTimer.now() + DRAIN_LIMIT);
      return;
    }
    early = null;
    if (state != State.CLOSING && session != null) {
      end(CloseReason.CONNECTION_LOST);
    }
    finish();
  }

  private void finish() {
    state = State.CLOSED;
    timer.cancel();
    onEnd.accept(this);
  }

  private void end(CloseReason reason) {
    metrics.closed(reason);
    AccessLog.closed(metrics.transport(), remote, reason);
    session.linkClosed(reason);
  }
}

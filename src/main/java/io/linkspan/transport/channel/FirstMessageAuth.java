package io.linkspan.transport.channel;

import com.google.protobuf.MessageLite;
import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.Offence;
import io.linkspan.api.AckMessage;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.AccessLog;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.EarlyMessages;
import io.linkspan.connection.MalformedCounter;
import io.linkspan.connection.Outgoing;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.session.Receipt;
import io.linkspan.session.Session;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Runs a client from its first Message to its end, on transports whose own handshake has no
 * identity. A first Message of type {@code auth} states the identity; any other makes the client
 * anonymous. The session begins then. Used only on the connection's event loop.
 *
 * <pre>
 *            first message, or time-out         session begun         close, disconnect, time-out
 *   UNNAMED ─────────────────────────► OPENING ──────────────► OPEN ────────────────────► CLOSED
 *      └──────────────────────────────────┴──────────────────────────────────────────────────┘
 * </pre>
 */
public final class FirstMessageAuth {

  private enum State {
    UNNAMED,
    OPENING,
    OPEN,
    CLOSED
  }

  /** A message that arrived while the session was being opened. */
  private record Early(Message message, Receipt receipt) {}

  private static final String ACKNOWLEDGE = "ack";

  /** Header of the auth message: empty to ask for a session that can be resumed, or its token. */
  private static final String SESSION = "session";

  /** Header of the auth message: key of the client's device. */
  private static final String DEVICE = "device";

  /** Header of the auth message: {@code auth} asks for a notice before the identity ends. */
  private static final String NOTIFY = "notify";

  private final Connection link;
  private final ConnectContext context;
  private final boolean acknowledgesByDefault;
  private final LimitsConfig limits;
  private final TransportMetrics metrics;
  private final long since = System.nanoTime();
  private State state = State.UNNAMED;
  private Session session;
  private Queue<Early> early;
  private final EarlyMessages earlyOutgoing;
  private CloseReason closeReason;
  private boolean resumable;
  private final MalformedCounter malformed;

  /**
   * Waits for the first Message.
   *
   * @param link closed when the client is refused; its {@code close} must call {@link #end}
   * @param clientAcknowledges the default of the auth message's header {@code ack}
   */
  public FirstMessageAuth(
      Connection link,
      ConnectContext context,
      boolean clientAcknowledges,
      LimitsConfig limits,
      TransportMetrics metrics) {
    this.link = link;
    this.context = context;
    malformed = new MalformedCounter(link, limits.malformed());
    this.limits = limits;
    earlyOutgoing = new EarlyMessages(limits.writeQueue());
    this.metrics = metrics;
    acknowledgesByDefault = clientAcknowledges;
  }

  /** Returns whether the client's identity is decided. */
  public boolean isNamed() {
    return state != State.UNNAMED;
  }

  /** Returns whether Messages can be written to the client. */
  public boolean isOpen() {
    return state == State.OPEN;
  }

  /**
   * Keeps a Message to the client until its session has begun, and passes it to {@link
   * Connection#deliver} then.
   *
   * @return false when the session has begun, or there will be none
   */
  public boolean keeps(Outgoing message) {
    if (state != State.OPENING) {
      return false;
    }
    if (!earlyOutgoing.add(message)) {
      link.close(CloseReason.SLOW_CONSUMER);
    }
    return state == State.OPENING;
  }

  /** Whether the client asked for a session that outlives its link. */
  public boolean isResumable() {
    return resumable;
  }

  /** Whether {@link #end} was called. */
  public boolean hasEnded() {
    return state == State.CLOSED;
  }

  /** Why {@link #end} was called first; null when it was not. */
  public CloseReason closeReason() {
    return closeReason;
  }

  /**
   * Takes a Message or an AckMessage.
   *
   * @param receipt notifies the client of the outcome
   */
  public void received(MessageLite decoded, Receipt receipt) {
    if (state == State.CLOSED) {
      return;
    }
    if (decoded instanceof AckMessage ack) {
      metrics.ackIn();
      if (state == State.OPEN) {
        session.acknowledged(ack.getEventId(), null);
      }
      return;
    }
    metrics.messageIn();
    Message message = (Message) decoded;
    if (state == State.UNNAMED) {
      if (message.getType().equals(ReservedTypes.AUTH)) {
        authenticate(message, receipt);
        return;
      }
      openAnonymously();
    }
    take(message, receipt);
  }

  /** The client sent a sign of life that is not a Message. */
  public void heartbeat() {
    if (state == State.OPEN) {
      session.heartbeatReceived();
    }
  }

  /** Refuses a frame that is not a Message; too many of them end the link. */
  public void malformed(String what, Receipt receipt) {
    if (state == State.CLOSED) {
      return;
    }
    receipt.refused("", new MessageException(ErrorCode.MALFORMED, what));
    offended();
    malformed.increment();
  }

  private void offended() {
    if (session != null) {
      session.offended(Offence.MALFORMED);
      return;
    }
    long banned = count();
    if (banned > 0) {
      link.close(CloseReason.RATE_LIMITED, banned);
    }
  }

  private long count() {
    return context.policy().offences().count(Offence.MALFORMED, source().address(), null);
  }

  /** Treats a client as anonymous that sent nothing in time. */
  public void timeout() {
    if (state == State.UNNAMED) {
      openAnonymously();
    }
  }

  /** Notifies metrics and session, once, that the link ends or has ended. */
  public void end(CloseReason reason) {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    closeReason = reason;
    early = null;
    earlyOutgoing.takeAll();
    AccessLog.closed(link.transport(), link.remote(), reason);
    if (session == null) {
      metrics.refused(reason);
      if (reason.isBrokenProtocol()) {
        count();
      }
    } else {
      metrics.closed(reason);
      session.linkClosed(reason);
    }
  }

  private void authenticate(Message auth, Receipt receipt) {
    String ack = auth.getHeadersOrDefault(ACKNOWLEDGE, "");
    var credentials =
        new Credentials(
            auth.getBody(),
            auth.getBody(),
            ack.isEmpty() ? null : ack,
            auth.getHeadersOrDefault(SESSION, null),
            auth.getHeadersOrDefault(DEVICE, null),
            auth.getHeadersOrDefault(NOTIFY, "").equals(ReservedTypes.AUTH),
            source());
    open(credentials, new Early(auth, receipt));
  }

  private Credentials.Source source() {
    return Credentials.Source.of(link.transport(), link.remote());
  }

  private void openAnonymously() {
    open(Credentials.none(source()), null);
  }

  private void open(Credentials credentials, Early auth) {
    state = State.OPENING;
    resumable = credentials.session() != null;
    context
        .policy()
        .admit(credentials, acknowledgesByDefault)
        .compose(client -> context.open(link, client))
        .onComplete(
            opened -> begin(opened, auth),
            failure -> notOpened(ConnectPolicy.notOpened(failure), auth));
  }

  private void begin(Session opened, Early auth) {
    session = opened;
    metrics.joined(opened.recovered(), since);
    metrics.opened();
    if (state == State.CLOSED) {
      metrics.closed(closeReason);
      session.linkClosed(closeReason);
      return;
    }
    state = State.OPEN;
    AccessLog.opened(link.transport(), link.remote(), session.user(), session.id());
    if (auth != null) {
      auth.receipt().accepted(auth.message().getEventId());
    }
    earlyOutgoing.takeAll().forEach(link::deliver);
    while (early != null && !early.isEmpty() && state == State.OPEN) {
      Early next = early.remove();
      take(next.message(), next.receipt());
    }
    early = null;
  }

  private void notOpened(ConnectRefusedException why, Early auth) {
    if (state == State.CLOSED) {
      return;
    }
    if (auth == null || why.reason() == CloseReason.SERVER_ERROR) {
      link.close(why.reason(), why.retryAfterMs());
    } else {
      refuse(auth.receipt(), auth.message(), why);
    }
  }

  private void refuse(Receipt receipt, Message auth, ConnectRefusedException why) {
    receipt.refused(
        auth.getEventId(),
        new MessageException(code(why.reason()), why.getMessage(), why.retryAfterMs()));
    link.close(why.reason(), why.retryAfterMs());
  }

  private static ErrorCode code(CloseReason reason) {
    return switch (reason) {
      case RATE_LIMITED -> ErrorCode.RATE_LIMITED;
      case MALFORMED -> ErrorCode.MALFORMED;
      case UNAUTHENTICATED -> ErrorCode.UNAUTHENTICATED;
      case FORBIDDEN -> ErrorCode.FORBIDDEN;
      default -> ErrorCode.UNAVAILABLE;
    };
  }

  private void take(Message message, Receipt receipt) {
    switch (state) {
      case OPENING -> hold(message, receipt);
      case OPEN -> pass(message, receipt);
      case UNNAMED, CLOSED -> {
        // The session could not be opened.
      }
    }
  }

  private void hold(Message message, Receipt receipt) {
    if (early == null) {
      early = new ArrayDeque<>();
    }
    if (early.size() >= limits.inFlight()) {
      receipt.refused(
          message.getEventId(),
          new MessageException(ErrorCode.QUEUE_FULL, "the session is not open yet"));
      return;
    }
    early.add(new Early(message, receipt));
  }

  private void pass(Message message, Receipt receipt) {
    session.receive(message, receipt);
  }
}

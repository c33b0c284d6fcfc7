package io.linkspan.transport.channel;

import com.google.protobuf.MessageLite;
import io.linkspan.admission.Identity;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.api.AckMessage;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.session.Attachment;
import io.linkspan.session.Receipt;
import io.linkspan.session.Session;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From the first word of a client to its end, on transports whose own handshake does not say who it
 * is: its first Message does, of type {@code auth}, or it is anonymous. The session begins then.
 * Used only on the connection's event loop.
 *
 * <pre>
 *            first message, or time-out         session begun         close, farewell, silence
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

  /** A message that came while the session was being opened. */
  private record Early(Message message, Receipt receipt) {}

  private static final Logger LOG = LoggerFactory.getLogger(FirstMessageAuth.class);
  private static final String AUTH = "auth";
  private static final String ACKNOWLEDGE = "ack";

  /** Header of the auth message: empty to ask for a session that can be taken up, or its token. */
  private static final String SESSION = "session";

  private static final long TOO_MANY_RETRY_MS = 5_000;

  private final Connection link;
  private final ConnectContext entrance;
  private final boolean acknowledgesByDefault;
  private final LimitsConfig limits;
  private final TransportMetrics metrics;
  private State state = State.UNNAMED;
  private Session session;
  private Queue<Early> early;
  private List<Outgoing> earlyOutgoing = List.of();
  private CloseReason closeReason;
  private boolean resumable;
  private int malformed;

  /**
   * Waits for the first Message.
   *
   * @param link closed when the client may not come in; its {@code close} has to call {@link #end}
   * @param clientAcknowledges the default of the auth message's header {@code ack}
   */
  public FirstMessageAuth(
      Connection link,
      ConnectContext entrance,
      boolean clientAcknowledges,
      LimitsConfig limits,
      TransportMetrics metrics) {
    this.link = link;
    this.entrance = entrance;
    this.limits = limits;
    this.metrics = metrics;
    acknowledgesByDefault = clientAcknowledges;
  }

  /** Whether the client has said who it is, or that it does not say. */
  public boolean isNamed() {
    return state != State.UNNAMED;
  }

  /** Whether Messages can be written to the client. */
  public boolean isOpen() {
    return state == State.OPEN;
  }

  /**
   * Keeps a Message to the client for when its session has begun; it goes to {@link
   * Connection#deliver} then.
   *
   * @return false when the session has begun, or there will be none
   */
  public boolean keeps(Outgoing message) {
    if (state != State.OPENING) {
      return false;
    }
    earlyOutgoing = new ArrayList<>(earlyOutgoing);
    earlyOutgoing.add(message);
    return true;
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
   * A Message or an AckMessage has come.
   *
   * @param receipt tells the client what becomes of the Message
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
      if (message.getType().equals(AUTH)) {
        authenticate(message, receipt);
        return;
      }
      beAnonymous();
    }
    take(message, receipt);
  }

  /** Something has come that is no Message; too much of it ends the link. */
  public void malformed(String what, Receipt receipt) {
    if (state == State.CLOSED) {
      return;
    }
    receipt.refused("", new MessageException(ErrorCode.MALFORMED, what));
    malformed++;
    if (limits.malformed() > 0 && malformed >= limits.malformed()) {
      link.close(CloseReason.MALFORMED);
    }
  }

  /** The client has said nothing for as long as it may. */
  public void timeout() {
    if (state == State.UNNAMED) {
      beAnonymous();
    }
  }

  /** The link ends, or has ended: metrics and session are told, once. */
  public void end(CloseReason reason) {
    if (state == State.CLOSED) {
      return;
    }
    state = State.CLOSED;
    closeReason = reason;
    early = null;
    earlyOutgoing = List.of();
    LOG.debug("{} closed: {}", link.remote(), reason.label());
    if (session == null) {
      metrics.refused(reason);
    } else {
      metrics.closed(reason);
      session.linkClosed(reason);
    }
  }

  private void authenticate(Message auth, Receipt receipt) {
    boolean acknowledges;
    Identity identity;
    try {
      acknowledges = acknowledges(auth);
      identity = entrance.identities().identify(auth.getBody());
    } catch (MessageException refusal) {
      refuse(receipt, auth, refusal);
      return;
    }
    long wait = identity.anonymous() ? 0 : entrance.admission().enterAs(identity.user());
    if (wait > 0) {
      refuse(
          receipt,
          auth,
          new MessageException(ErrorCode.RATE_LIMITED, "this user connects too often", wait));
      return;
    }
    String token = auth.getHeadersOrDefault(SESSION, null);
    open(identity, Attachment.of(acknowledges, token), new Early(auth, receipt));
  }

  private boolean acknowledges(Message auth) {
    String value = auth.getHeadersOrDefault(ACKNOWLEDGE, "");
    return switch (value) {
      case "" -> acknowledgesByDefault;
      case "client" -> true;
      case "transport" -> false;
      default ->
          throw new MessageException(
              ErrorCode.MALFORMED, "header ack has to be client or transport");
    };
  }

  private void beAnonymous() {
    open(entrance.identities().identify(null), Attachment.of(acknowledgesByDefault), null);
  }

  private void open(Identity identity, Attachment attachment, Early auth) {
    state = State.OPENING;
    resumable = attachment.resumable();
    entrance
        .shard()
        .open(link, identity, attachment)
        .onComplete(
            opened -> begin(opened, auth),
            failure -> notOpened(MessageException.from(failure), auth));
  }

  private void begin(Session opened, Early auth) {
    session = opened;
    metrics.opened();
    if (state == State.CLOSED) {
      metrics.closed(closeReason);
      session.linkClosed(closeReason);
      return;
    }
    state = State.OPEN;
    LOG.debug("{} opened as {}, session {}", link.remote(), session.user(), session.id());
    if (auth != null) {
      auth.receipt().accepted(auth.message().getEventId());
    }
    earlyOutgoing.forEach(link::deliver);
    earlyOutgoing = List.of();
    while (early != null && !early.isEmpty() && state == State.OPEN) {
      Early next = early.remove();
      take(next.message(), next.receipt());
    }
    early = null;
  }

  private void notOpened(MessageException why, Early auth) {
    if (state == State.CLOSED) {
      return;
    }
    if (why.code() != ErrorCode.RATE_LIMITED) {
      link.close(CloseReason.SERVER_ERROR);
    } else if (auth == null) {
      link.close(CloseReason.RATE_LIMITED, TOO_MANY_RETRY_MS);
    } else {
      refuse(
          auth.receipt(),
          auth.message(),
          new MessageException(why.code(), why.getMessage(), TOO_MANY_RETRY_MS));
    }
  }

  private void refuse(Receipt receipt, Message auth, MessageException why) {
    receipt.refused(auth.getEventId(), why);
    link.close(
        switch (why.code()) {
          case RATE_LIMITED -> CloseReason.RATE_LIMITED;
          case MALFORMED -> CloseReason.MALFORMED;
          default -> CloseReason.UNAUTHENTICATED;
        },
        why.retryAfterMs());
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
    if (message.getType().equals(AUTH)) {
      receipt.refused(
          message.getEventId(),
          new MessageException(ErrorCode.FORBIDDEN, "this connection is " + session.user()));
    } else {
      session.receive(message, receipt);
    }
  }
}

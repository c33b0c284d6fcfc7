package io.linkspan.transport.enet;

import com.google.protobuf.MessageLite;
import io.linkspan.api.AckMessage;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.enet.Delivery;
import io.linkspan.protocol.enet.EndReason;
import io.linkspan.protocol.enet.EnetPeer;
import io.linkspan.protocol.frame.LegacyFrame;
import io.linkspan.session.Identity;
import io.linkspan.session.LimitsConfig;
import io.linkspan.session.Receipt;
import io.linkspan.session.Session;
import io.linkspan.translate.BinaryTranslator;
import io.linkspan.translate.ErrorTranslator;
import java.util.ArrayDeque;
import java.util.Queue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One ENet client. Its session begins when it is known who it is. Used only on its event loop.
 *
 * <pre>
 *            first message, or time-out         session begun         close, farewell, silence
 *   UNNAMED ─────────────────────────► OPENING ──────────────► OPEN ────────────────────► CLOSED
 *      └──────────────────────────────────┴──────────────────────────────────────────────────┘
 * </pre>
 */
final class EnetConnection implements Connection {

  private enum State {
    UNNAMED,
    OPENING,
    OPEN,
    CLOSED
  }

  /** A message that came while the session was being opened. */
  private record Early(Message message, Receipt receipt) {}

  private static final Logger LOG = LoggerFactory.getLogger(EnetConnection.class);
  private static final String AUTH = "auth";
  private static final String ACKNOWLEDGE = "ack";
  private static final long TOO_MANY_RETRY_MS = 5_000;
  private static final Outgoing.Encoder<byte[]> BINARY = BinaryTranslator::encode;

  private final EnetTransport transport;
  private final EnetPeer peer;
  private final String address;
  private final EnetTransportConfig config;
  private final LimitsConfig limits;
  private final TransportMetrics metrics;
  private final long connectedAt;
  private State state = State.UNNAMED;
  private Session session;
  private Queue<Early> early;
  private ChannelReceipt lastReceipt;
  private CloseReason closeReason;
  private int malformed;

  /**
   * @param address of the client, without its port
   */
  EnetConnection(
      EnetTransport transport,
      EnetPeer peer,
      String address,
      EnetTransportConfig config,
      LimitsConfig limits,
      TransportMetrics metrics,
      long now) {
    this.transport = transport;
    this.peer = peer;
    this.address = address;
    this.config = config;
    this.limits = limits;
    this.metrics = metrics;
    connectedAt = now;
  }

  @Override
  public String transport() {
    return metrics.transport();
  }

  @Override
  public String remote() {
    return peer.address().toString();
  }

  @Override
  public long lastReceived() {
    return peer.lastReceived();
  }

  @Override
  public int longestMessage() {
    return config.maxPacketSize() - LegacyFrame.HEADER_LENGTH;
  }

  @Override
  public boolean deliver(Outgoing message) {
    if (state != State.OPEN) {
      return false;
    }
    byte[] payload = message.as(BINARY);
    metrics.messageOut();
    write(
        message.channel(),
        payload,
        message.isVolatile() ? Delivery.UNRELIABLE_FRAGMENTS : Delivery.RELIABLE);
    return state == State.OPEN;
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    if (state == State.CLOSED) {
      return;
    }
    if (reason == CloseReason.SLOW_CONSUMER) {
      // What waits is what it does not take.
      peer.disconnect(reason.code());
    } else {
      peer.disconnectLater(reason.code());
    }
    end(reason);
    transport.linger(peer, reason);
    transport.wakeUp();
  }

  /** A message has come. */
  void received(int channel, byte[] payload) {
    if (state == State.CLOSED) {
      return;
    }
    ChannelReceipt receipt = receiptFor(channel);
    MessageLite decoded;
    try {
      decoded = BinaryTranslator.decode(payload);
    } catch (ProtocolException e) {
      onMalformed(receipt, e.getMessage());
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
    switch (state) {
      case UNNAMED -> onFirst(message, receipt);
      case OPENING -> hold(message, receipt);
      case OPEN -> pass(message, receipt);
      case CLOSED -> {
        // Seen to above.
      }
    }
  }

  /** It has said nothing for as long as it may. */
  void authTimeout() {
    if (state == State.UNNAMED) {
      open(transport.identify(null), config.clientAcknowledges(), null);
    }
  }

  boolean isNamed() {
    return state != State.UNNAMED;
  }

  long connectedAt() {
    return connectedAt;
  }

  /** The link is over. */
  void ended(EndReason reason) {
    if (reason == EndReason.TIMEOUT) {
      // Perhaps it only slept: then this waits for it.
      peer.sayFarewell((closeReason == null ? CloseReason.HEARTBEAT_TIMEOUT : closeReason).code());
    }
    if (state != State.CLOSED) {
      end(
          switch (reason) {
            case REMOTE, LOCAL -> CloseReason.NORMAL;
            case TIMEOUT -> CloseReason.HEARTBEAT_TIMEOUT;
            case REPLACED, BAD_ANSWER -> CloseReason.CONNECTION_LOST;
            case VIOLATION -> CloseReason.MALFORMED;
          });
    }
  }

  String address() {
    return address;
  }

  EnetPeer peer() {
    return peer;
  }

  private void onFirst(Message message, ChannelReceipt receipt) {
    if (!message.getType().equals(AUTH)) {
      open(transport.identify(null), config.clientAcknowledges(), null);
      received(message, receipt);
      return;
    }
    boolean acknowledges;
    Identity identity;
    try {
      acknowledges = acknowledges(message);
      identity = transport.identify(message.getBody());
    } catch (MessageException refusal) {
      refuse(receipt, message, refusal);
      return;
    }
    long wait = transport.admitUser(identity);
    if (wait > 0) {
      refuse(
          receipt,
          message,
          new MessageException(ErrorCode.RATE_LIMITED, "this user connects too often", wait));
      return;
    }
    open(identity, acknowledges, new Early(message, receipt));
  }

  private void received(Message message, ChannelReceipt receipt) {
    switch (state) {
      case OPENING -> hold(message, receipt);
      case OPEN -> pass(message, receipt);
      case UNNAMED, CLOSED -> {
        // The session could not be opened.
      }
    }
  }

  private boolean acknowledges(Message auth) {
    String value = auth.getHeadersOrDefault(ACKNOWLEDGE, "");
    return switch (value) {
      case "" -> config.clientAcknowledges();
      case "client" -> true;
      case "transport" -> false;
      default ->
          throw new MessageException(
              ErrorCode.MALFORMED, "header ack has to be client or transport");
    };
  }

  private void open(Identity identity, boolean acknowledges, Early auth) {
    state = State.OPENING;
    transport
        .open(this, identity, acknowledges)
        .onComplete(
            opened -> begin(opened, auth), failure -> refuse(auth, MessageException.from(failure)));
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
    LOG.debug("{} opened as {}, session {}", remote(), session.user(), session.id());
    if (auth != null) {
      auth.receipt().accepted(auth.message().getEventId());
    }
    while (early != null && !early.isEmpty() && state == State.OPEN) {
      Early next = early.remove();
      pass(next.message(), next.receipt());
    }
    early = null;
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

  private void refuse(Early auth, MessageException why) {
    if (state == State.CLOSED) {
      return;
    }
    if (why.code() != ErrorCode.RATE_LIMITED) {
      close(CloseReason.SERVER_ERROR);
      return;
    }
    var tooMany = new MessageException(why.code(), why.getMessage(), TOO_MANY_RETRY_MS);
    if (auth == null) {
      close(CloseReason.RATE_LIMITED, TOO_MANY_RETRY_MS);
    } else {
      refuse(auth.receipt(), auth.message(), tooMany);
    }
  }

  private void refuse(Receipt receipt, Message auth, MessageException why) {
    receipt.refused(auth.getEventId(), why);
    close(
        switch (why.code()) {
          case RATE_LIMITED -> CloseReason.RATE_LIMITED;
          case MALFORMED -> CloseReason.MALFORMED;
          default -> CloseReason.UNAUTHENTICATED;
        },
        why.retryAfterMs());
  }

  private void onMalformed(Receipt receipt, String what) {
    receipt.refused("", new MessageException(ErrorCode.MALFORMED, what));
    malformed++;
    if (limits.malformed() > 0 && malformed >= limits.malformed()) {
      close(CloseReason.MALFORMED);
    }
  }

  /** Clients keep to one channel or a few, and mostly go on with the one they used last. */
  private ChannelReceipt receiptFor(int channel) {
    if (lastReceipt == null || lastReceipt.channel != channel) {
      lastReceipt = new ChannelReceipt(channel);
    }
    return lastReceipt;
  }

  private void write(int channel, byte[] payload, Delivery delivery) {
    // Asked before, not after: a single message may well be longer than the limit.
    if (limits.writeQueue() > 0 && peer.queuedBytes() > limits.writeQueue()) {
      close(CloseReason.SLOW_CONSUMER);
    } else if (peer.send(channel, payload, delivery)) {
      transport.wakeUp();
    } else {
      close(CloseReason.SLOW_CONSUMER);
    }
  }

  private void end(CloseReason reason) {
    closeReason = reason;
    state = State.CLOSED;
    early = null;
    LOG.debug("{} closed: {}", remote(), reason.label());
    if (session == null) {
      metrics.refused(reason);
    } else {
      metrics.closed(reason);
      session.linkClosed(reason);
    }
  }

  /** Tells what became of messages that came on one channel. */
  private final class ChannelReceipt implements Receipt {

    private final int channel;

    ChannelReceipt(int channel) {
      this.channel = channel;
    }

    @Override
    public int channel() {
      return channel;
    }

    @Override
    public void accepted(String eventId) {
      if (state != State.CLOSED) {
        metrics.ackOut();
        write(channel, BinaryTranslator.encodeAck(eventId), Delivery.RELIABLE);
      }
    }

    @Override
    public void refused(String eventId, MessageException why) {
      if (state != State.CLOSED) {
        metrics.error(why.code());
        write(
            channel,
            BinaryTranslator.encode(ErrorTranslator.toMessage(eventId, why)),
            Delivery.RELIABLE);
      }
    }
  }
}

package io.linkspan.upstream.tcp;

import com.google.protobuf.MessageLite;
import io.linkspan.api.AckMessage;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.framing.Framing;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.translate.ErrorAnswer;
import io.linkspan.translate.MessageLimits;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.vertx.core.Future;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One link to a service, reopened whenever it is lost. Used only on one event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // the close handler reports how a link ended
final class TcpLink implements TcpAttempt.Holder {

  /** Receives the changes of a link. */
  interface Listener {

    /** The link is open. */
    void onUp();

    /** An open link was lost; {@link TcpLink#nextDeadline} has changed. */
    void onDown();

    /** The link could not be opened; {@link TcpLink#nextDeadline} has changed. */
    void onConnectFailed(Throwable cause);
  }

  private static final Logger LOG = LoggerFactory.getLogger(TcpLink.class);
  private static final int FLUSHES_AT_ONCE = 256;

  private final Supplier<Future<NetSocket>> connector;
  private final Listener listener;
  private final TcpUpstreamConfig config;
  private final Framing framing;
  private final Reconnect reconnect;
  private final Correlator<TcpAttempt> correlator;

  /** Null while the link is down. */
  private NetSocketInternal socket;

  private long lastReceived = Long.MIN_VALUE;
  private Throwable failure;
  private boolean closed;

  TcpLink(
      Supplier<Future<NetSocket>> connector,
      Listener listener,
      TcpUpstreamConfig config,
      Framing framing,
      RandomGenerator random) {
    this.connector = connector;
    this.listener = listener;
    this.config = config;
    this.framing = framing;
    reconnect = new Reconnect(config.pause(), config.maxPause(), random);
    correlator = new Correlator<>(config.inOrder());
  }

  /** Starts to open the link when that is due. */
  void advance(long now) {
    if (!closed && reconnect.begin(now)) {
      connector.get().onComplete(this::opened, this::notOpened);
    }
  }

  /** Brings the next attempt to open the link forward, because a Message waits for it. */
  void hurry() {
    reconnect.hurry();
  }

  /** Returns when to call {@link #advance}. */
  long nextDeadline() {
    return closed ? Long.MAX_VALUE : reconnect.nextDeadline();
  }

  boolean isUp() {
    return socket != null;
  }

  /** Returns how many Messages were sent and are not answered. */
  int pending() {
    return correlator.size();
  }

  /** Sends a Message; the link must be up. */
  void send(TcpAttempt attempt) {
    Message message = attempt.message();
    String wireId = correlator.add(message.getFrom(), message.getEventId(), attempt);
    Message onWire =
        wireId.equals(message.getEventId())
            ? message
            : message.toBuilder().setEventId(wireId).build();
    byte[] frame = framing.encode(onWire);
    if (frame.length > framing.longest()) {
      correlator.abandon(attempt);
      attempt.fail(
          new BackendException(
              Kind.REFUSED, ErrorCode.TOO_LARGE, "the service takes no message of that size"));
      return;
    }
    attempt.sentOn(this, DeadlineTimer.now());
    // The answer shows whether it arrived.
    socket.writeMessage(Unpooled.wrappedBuffer(frame));
  }

  @Override
  public void forget(TcpAttempt attempt) {
    correlator.abandon(attempt);
    boolean silent = lastReceived < attempt.sentAt();
    if (isUp() && (config.inOrder() || silent)) {
      // With answers in order, a late one would be taken for the next Message's. With a link that
      // is silent since the Message was sent, the service may be gone.
      drop("the service did not answer others", null);
    }
  }

  /** Closes the link for good. */
  void close() {
    closed = true;
    if (isUp()) {
      drop("the gateway shuts down", null);
    }
  }

  private void opened(NetSocket opened) {
    if (closed) {
      opened.close();
      return;
    }
    var connected = (NetSocketInternal) opened;
    ChannelPipeline pipeline = connected.channelHandlerContext().pipeline();
    pipeline.addFirst(new FlushConsolidationHandler(FLUSHES_AT_ONCE, true));
    framing.install(pipeline, connected.channelHandlerContext().name());
    failure = null;
    connected.messageHandler(message -> onFrame((ByteBuf) message));
    connected.exceptionHandler(cause -> failure = cause);
    connected.closeHandler(v -> onClosed(connected));
    socket = connected;
    reconnect.opened();
    LOG.debug("link to {}:{} is open", config.host(), config.port());
    listener.onUp();
  }

  private void notOpened(Throwable cause) {
    reconnect.down(DeadlineTimer.now());
    listener.onConnectFailed(cause);
  }

  private void onFrame(ByteBuf frame) {
    try {
      if (!isUp()) {
        return;
      }
      lastReceived = DeadlineTimer.now();
      reconnect.proven();
      if (frame.isReadable()) {
        answered(framing.decode(frame, MessageLimits.NONE));
      }
    } catch (ProtocolException e) {
      LOG.debug("{}:{} sent a malformed frame: {}", config.host(), config.port(), e.getMessage());
      if (config.inOrder()) {
        complete(
            null,
            "",
            new BackendException(
                Kind.ERROR, ErrorCode.INTERNAL, "the service's answer makes no sense"));
      }
    } finally {
      frame.release();
    }
  }

  private void answered(MessageLite decoded) {
    if (decoded instanceof AckMessage ack) {
      complete(null, ack.getEventId(), null);
    } else {
      Message answer = (Message) decoded;
      complete(answer, answer.getReplyTo(), ErrorAnswer.isError(answer) ? refusal(answer) : null);
    }
  }

  private static BackendException refusal(Message answer) {
    MessageException refusal = ErrorAnswer.refusal(answer);
    Kind kind =
        switch (refusal.code()) {
          case UNAVAILABLE, TIMEOUT, QUEUE_FULL, INTERNAL -> Kind.ERROR;
          default -> Kind.REFUSED;
        };
    return new BackendException(kind, refusal, null);
  }

  private void complete(Message answer, String wireId, BackendException refusal) {
    Correlator.Match<TcpAttempt> match = correlator.answered(wireId);
    if (match == null) {
      LOG.debug("{}:{} sent an answer to no message", config.host(), config.port());
      if (config.inOrder()) {
        drop("the service sent an answer to no message", null);
      }
    } else if (refusal != null) {
      match.attempt().fail(refusal);
    } else if (answer == null || answer.getReplyTo().equals(match.eventId())) {
      match.attempt().succeed(answer);
    } else {
      match.attempt().succeed(answer.toBuilder().setReplyTo(match.eventId()).build());
    }
  }

  private void onClosed(NetSocketInternal which) {
    if (socket == which) {
      lost("the service broke off", failure);
    }
  }

  private void drop(String text, Throwable cause) {
    NetSocketInternal dropped = socket;
    lost(text, cause);
    dropped.close();
  }

  private void lost(String text, Throwable cause) {
    socket = null;
    LOG.debug("link to {}:{} is lost: {}", config.host(), config.port(), text);
    reconnect.down(DeadlineTimer.now());
    correlator.takeAll().forEach(attempt -> attempt.lost(text, cause));
    listener.onDown();
  }
}

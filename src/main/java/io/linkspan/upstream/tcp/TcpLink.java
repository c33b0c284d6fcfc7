package io.linkspan.upstream.tcp;

import com.google.protobuf.MessageLite;
import io.linkspan.api.AckMessage;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.framing.Framing;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One of the links to a service, opened again whenever it is lost. Used only on one event loop. */
@SuppressWarnings("FutureReturnValueIgnored") // what becomes of a link, its close handler says
final class TcpLink {

  private static final Logger LOG = LoggerFactory.getLogger(TcpLink.class);
  private static final int FLUSHES_AT_ONCE = 256;

  private final TcpBackend backend;
  private final TcpUpstreamConfig config;
  private final Framing framing;
  private final Reconnect reconnect;
  private final Correlator<TcpAttempt> correlator;
  private NetSocketInternal socket;
  private long lastReceived = Long.MIN_VALUE;
  private Throwable failure;
  private boolean closed;

  TcpLink(TcpBackend backend, TcpUpstreamConfig config, Framing framing, RandomGenerator random) {
    this.backend = backend;
    this.config = config;
    this.framing = framing;
    reconnect = new Reconnect(config.pause(), config.maxPause(), random);
    correlator = new Correlator<>(config.inOrder());
  }

  /** Begins to open it if it is time for that. */
  void advance(long now) {
    if (!closed && reconnect.begin(now)) {
      backend.connect().onComplete(this::opened, this::notOpened);
    }
  }

  /** Somebody waits for a link. */
  void hurry() {
    reconnect.hurry();
  }

  /** When to call {@link #advance}. */
  long nextDeadline() {
    return closed ? Long.MAX_VALUE : reconnect.nextDeadline();
  }

  boolean isUp() {
    return socket != null;
  }

  /** How much was sent and is not answered. */
  int pending() {
    return correlator.size();
  }

  /** Sends a Message; the link has to be up. */
  void send(TcpAttempt attempt) {
    Message message = attempt.message();
    String wireId = correlator.add(message.getFrom(), message.getEventId(), attempt);
    Message onWire =
        wireId.equals(message.getEventId())
            ? message
            : message.toBuilder().setEventId(wireId).build();
    byte[] frame = framing.encode(onWire);
    if (frame.length > framing.longest()) {
      correlator.giveUp(attempt);
      attempt.fail(
          new BackendException(
              Kind.REFUSED, ErrorCode.TOO_LARGE, "the service takes no message of that size"));
      return;
    }
    attempt.sentOn(this, DeadlineTimer.now());
    // Whether it arrives, the answer says.
    socket.writeMessage(Unpooled.wrappedBuffer(frame));
  }

  /** An attempt has taken too long. */
  void giveUp(TcpAttempt attempt) {
    correlator.giveUp(attempt);
    boolean silent = lastReceived < attempt.sentAt();
    if (isUp() && (config.inOrder() || silent)) {
      // Where answers come in order, a late one would be taken for the next one's; and where
      // nothing
      // came at all there may be nobody.
      drop("the service did not answer others", null);
    }
  }

  /** Ends it for good. */
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
    var accepted = (NetSocketInternal) opened;
    ChannelPipeline pipeline = accepted.channelHandlerContext().pipeline();
    pipeline.addFirst(new FlushConsolidationHandler(FLUSHES_AT_ONCE, true));
    framing.install(pipeline, accepted.channelHandlerContext().name());
    failure = null;
    accepted.messageHandler(message -> onFrame((ByteBuf) message));
    accepted.exceptionHandler(cause -> failure = cause);
    accepted.closeHandler(v -> onClosed(accepted));
    socket = accepted;
    reconnect.opened();
    LOG.debug("link to {}:{} is open", config.host(), config.port());
    backend.sendWaiting();
  }

  private void notOpened(Throwable cause) {
    reconnect.down(DeadlineTimer.now());
    backend.notReached(cause);
  }

  private void onFrame(ByteBuf frame) {
    try {
      if (!isUp()) {
        return;
      }
      lastReceived = DeadlineTimer.now();
      reconnect.proven();
      if (frame.isReadable()) {
        answered(framing.decode(frame));
      }
    } catch (ProtocolException e) {
      LOG.debug("{}:{} makes no sense: {}", config.host(), config.port(), e.getMessage());
      if (config.inOrder()) {
        settle(
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
      settle(null, ack.getEventId(), null);
    } else {
      Message answer = (Message) decoded;
      boolean refused = TcpAnswer.isRefusal(answer);
      settle(answer, answer.getReplyTo(), refused ? TcpAnswer.refusal(answer) : null);
    }
  }

  private void settle(Message answer, String wireId, BackendException refusal) {
    Correlator.Match<TcpAttempt> match = correlator.answered(wireId);
    if (match == null) {
      LOG.debug("{}:{} answers what nobody asked", config.host(), config.port());
      if (config.inOrder()) {
        drop("the service answers what nobody asked", null);
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
    backend.arm();
  }
}

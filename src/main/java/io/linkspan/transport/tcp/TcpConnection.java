package io.linkspan.transport.tcp;

import com.google.protobuf.MessageLite;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Heartbeat;
import io.linkspan.connection.Outgoing;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.session.Receipt;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.translate.ClosingTranslator;
import io.linkspan.translate.ErrorTranslator;
import io.linkspan.transport.channel.FirstMessageAuth;
import io.netty.buffer.ByteBuf;
import io.vertx.core.internal.net.NetSocketInternal;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client on framed TCP. Its session begins when it is known who it is. Used only on its event
 * loop.
 *
 * <pre>
 *          close, violation, heartbeat         FIN of the client, time-out
 *   OPEN ──────────────────────────────► CLOSING ──────────────────────► CLOSED
 *     └─────────────────────── FIN of the client ───────────────────────────┘
 * </pre>
 */
final class TcpConnection implements Connection, Receipt, TcpLink.Listener {

  private enum State {
    OPEN,
    CLOSING,
    CLOSED
  }

  private static final Logger LOG = LoggerFactory.getLogger(TcpConnection.class);

  private final TcpListener.Common common;
  private final String remote;
  private final Heartbeat heartbeat;
  private final DeadlineTimer timer;
  private final FirstMessageAuth introduction;
  private final TcpLink link;
  private final Consumer<TcpConnection> onEnd;
  private final long anonymousAt;
  private State state = State.OPEN;
  private long lastReceived = DeadlineTimer.now();
  private boolean broken;

  /**
   * Takes over a socket that has just been accepted.
   *
   * @param onEnd called once, when the TCP connection has ended
   */
  TcpConnection(
      TcpListener.Common common, NetSocketInternal socket, Consumer<TcpConnection> onEnd) {
    this.common = common;
    this.onEnd = onEnd;
    TcpConfig.Listener config = common.config();
    remote = socket.remoteAddress().toString();
    heartbeat = new Heartbeat(config.heartbeat(), lastReceived);
    timer = new DeadlineTimer(common.vertx(), this::onTimer);
    anonymousAt = lastReceived + config.authTimeout().toMillis();
    introduction =
        new FirstMessageAuth(
            this,
            common.entrance(),
            config.clientAcknowledges(),
            common.limits(),
            common.metrics());
    link = new TcpLink(socket, common.framing(), config.heartbeat().interval(), this);
    socket.exceptionHandler(this::onFailure);
    socket.closeHandler(v -> onClosed());
    armTimer();
  }

  @Override
  public String transport() {
    return common.metrics().transport();
  }

  @Override
  public String remote() {
    return remote;
  }

  @Override
  public long lastReceived() {
    return lastReceived;
  }

  @Override
  public int longestMessage() {
    return common.framing().longestMessage();
  }

  @Override
  public boolean deliver(Outgoing message) {
    if (introduction.keeps(message)) {
      return true;
    }
    if (!introduction.isOpen()) {
      return false;
    }
    byte[] frame = message.as(common.encoder());
    if (!fits(frame)) {
      // JSON may be longer than anybody knew before: the client is not to blame.
      common.metrics().error(ErrorCode.TOO_LARGE);
      return false;
    }
    common.metrics().messageOut();
    write(frame);
    return introduction.isOpen();
  }

  @Override
  public void accepted(String eventId) {
    if (state == State.OPEN) {
      common.metrics().ackOut();
      answer(common.framing().encodeAck(eventId));
    }
  }

  @Override
  public void refused(String eventId, MessageException why) {
    if (state == State.OPEN) {
      common.metrics().error(why.code());
      answer(common.framing().encode(ErrorTranslator.toMessage(eventId, why)));
    }
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    if (state != State.OPEN) {
      return;
    }
    state = State.CLOSING;
    byte[] goodbye =
        common
            .framing()
            .encode(ClosingTranslator.toMessage(reason.code(), reason.label(), retryAfterMs));
    if (fits(goodbye)) {
      link.write(goodbye);
    }
    finish(reason);
  }

  @Override
  public void onRead() {
    lastReceived = DeadlineTimer.now();
    heartbeat.received(lastReceived);
  }

  @Override
  public void onFrame(ByteBuf frame) {
    // An empty frame says no more than that its sender is there.
    if (state != State.OPEN || !frame.isReadable()) {
      return;
    }
    heartbeat.message(lastReceived);
    MessageLite decoded;
    try {
      decoded = common.framing().decode(frame);
    } catch (ProtocolException e) {
      introduction.malformed(e.getMessage(), this);
      return;
    }
    if (decoded instanceof Message message && message.getType().equals(ClosingTranslator.TYPE)) {
      state = State.CLOSING;
      finish(CloseReason.NORMAL);
    } else {
      introduction.received(decoded, this);
    }
  }

  @Override
  public void onViolation(boolean tooLarge, String what) {
    refused("", new MessageException(tooLarge ? ErrorCode.TOO_LARGE : ErrorCode.MALFORMED, what));
    close(tooLarge ? CloseReason.TOO_LARGE : CloseReason.MALFORMED);
  }

  @Override
  public void onWriteBlocked() {
    if (state == State.OPEN && !heartbeat.watchesWriter()) {
      link.channel().watch(heartbeat, DeadlineTimer.now());
      armTimer();
    }
  }

  /** Whether the client has said who it is, or that it does not say. */
  boolean isNamed() {
    return introduction.isNamed();
  }

  private void finish(CloseReason reason) {
    link.finish();
    timer.cancel();
    timer.arm(DeadlineTimer.now() + common.limits().closeTimeout().toMillis());
    introduction.end(reason);
  }

  private boolean fits(byte[] frame) {
    return frame.length <= common.framing().longest();
  }

  /** What the client has to be told; a framing that can not is of no use to it. */
  private void answer(byte[] frame) {
    if (fits(frame)) {
      write(frame);
    } else {
      close(CloseReason.TOO_LARGE);
    }
  }

  private void write(byte[] frame) {
    link.write(frame);
    heartbeat.message(lastReceived);
    if (link.channel().waitsForMoreThan(common.limits().writeQueue())) {
      close(CloseReason.SLOW_CONSUMER);
    }
  }

  private void onTimer() {
    if (state == State.CLOSING) {
      link.channel().abort();
      return;
    }
    long now = DeadlineTimer.now();
    if (now >= anonymousAt) {
      introduction.timeout();
    }
    if (link.channel().advance(heartbeat, now) == Heartbeat.Action.EXPIRE) {
      close(CloseReason.HEARTBEAT_TIMEOUT);
    } else {
      // TCP has no probe that an application could send: the client has to say something.
      armTimer();
    }
  }

  private void armTimer() {
    long next = heartbeat.nextDeadline();
    timer.arm(introduction.isNamed() ? next : Math.min(next, anonymousAt));
  }

  private void onFailure(Throwable failure) {
    broken = true;
    LOG.debug("{} failed: {}", remote, failure.getMessage());
  }

  /** A FIN is a goodbye, unless it may be the kernel's for a client that will come back. */
  private void onClosed() {
    if (state == State.OPEN) {
      boolean lost = broken || introduction.isResumable();
      introduction.end(lost ? CloseReason.CONNECTION_LOST : CloseReason.NORMAL);
    }
    state = State.CLOSED;
    timer.cancel();
    onEnd.accept(this);
  }
}

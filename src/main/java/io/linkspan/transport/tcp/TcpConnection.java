package io.linkspan.transport.tcp;

import com.google.protobuf.MessageLite;
import io.linkspan.admission.PendingLinks;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.Backlog;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Heartbeat;
import io.linkspan.connection.Outgoing;
import io.linkspan.framing.Framing;
import io.linkspan.framing.LengthHead;
import io.linkspan.listener.FirstBytes;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.OutOfMemory;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.session.Receipt;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.translate.ClosingTranslator;
import io.linkspan.translate.ErrorTranslator;
import io.linkspan.translate.ScratchFrame;
import io.linkspan.transport.channel.FirstMessageAuth;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.vertx.core.internal.net.NetSocketInternal;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client on framed TCP. Its session starts when the client is authenticated or anonymous. Used
 * only on its event loop.
 *
 * <pre>
 *           close, violation, heartbeat         FIN of the client, time-out
 *   OPEN ───────────────────────────────► CLOSING ──────────────────────► CLOSED
 *    │  │ closing of the client              ▲                               ▲
 *    │  └──────────► DRAINING ───────────────┘ no Message is pending         │
 *    │                   │ FIN of the client                                 │
 *    │ FIN               ▼                                                   │
 *    └──────────────► DETACHED ──────────────────────────────────────────────┘
 *                                              no Message is pending, time-out
 * </pre>
 *
 * <p>A client that leaves on its own has sent everything that it wanted to send. So its session
 * ends only after each of these Messages has an outcome.
 */
final class TcpConnection implements Connection, Receipt, TcpLink.Listener {

  private enum State {
    OPEN,
    DRAINING,
    DETACHED,
    CLOSING,
    CLOSED
  }

  private static final Logger LOG = LoggerFactory.getLogger(TcpConnection.class);

  /** Milliseconds that the Messages of a client that has left may take. */
  private static final long DRAIN_LIMIT = 60_000;

  private final TcpConnectionContext common;
  private final String remote;
  private final Heartbeat heartbeat;
  private final DeadlineTimer timer;
  private final FirstMessageAuth auth;
  private final TcpLink link;
  private final Consumer<TcpConnection> onEnd;
  private final long anonymousAt;
  private final PendingLinks.Link pendingLink;
  private State state = State.OPEN;
  private long lastReceived = DeadlineTimer.now();
  private boolean broken;
  private boolean known;

  /** Messages of the client that have no outcome yet. */
  private int pending;

  /**
   * Serves a socket that has just been accepted.
   *
   * @param remote network address of the client
   * @param pending counts the link until the client is known
   * @param onEnd called once, when the TCP connection has ended
   */
  TcpConnection(
      TcpConnectionContext common,
      NetSocketInternal socket,
      String remote,
      PendingLinks.Link pending,
      Consumer<TcpConnection> onEnd) {
    this.common = common;
    this.pendingLink = pending;
    this.onEnd = onEnd;
    TcpConfig.Listener config = common.config();
    this.remote = remote;
    heartbeat = new Heartbeat(config.heartbeat(), lastReceived);
    timer = new DeadlineTimer(common.entrance().timers(), this::onTimer);
    anonymousAt = lastReceived + config.authTimeout().toMillis();
    auth =
        new FirstMessageAuth(
            this,
            common.entrance(),
            config.clientAcknowledges(),
            common.limits().get(),
            common.metrics());
    link = open(socket);
    armTimer();
  }

  private TcpLink open(NetSocketInternal socket) {
    ChannelPipeline pipeline = socket.channelHandlerContext().pipeline();
    if (pipeline.get(ChunkedWriteHandler.class) != null) {
      // It is for files, and would hide how much waits to be written.
      pipeline.remove(ChunkedWriteHandler.class);
    }
    FirstBytes.install(pipeline);
    if (pipeline.channel() instanceof EpollSocketChannel epoll) {
      long keepAlive = common.config().heartbeat().interval().toSeconds();
      epoll.config().setTcpKeepIdle((int) Math.max(1, keepAlive));
    }
    Framing framing = common.framing();
    MemoryAccount memory = common.entrance().shard().memory();
    LengthHead head = framing.plainHead();
    return head == null
        ? new DecoderLink(socket, framing, common.pressure(), memory, this)
        : new LengthLink(socket, head, common.pressure(), memory, this);
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
  public boolean readsJson() {
    return common.framing().isJson();
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
    if (state != State.OPEN) {
      return false;
    }
    if (auth.keeps(message)) {
      return true;
    }
    if (!auth.isOpen()) {
      return false;
    }
    ScratchFrame small =
        message.isShared() ? null : common.framing().scratch(message.message(), message.size());
    boolean fits = small == null ? write(message.as(common.encoder())) : write(small);
    if (!fits) {
      // The size of the JSON form is known only now. The connection stays open.
      common.metrics().error(ErrorCode.TOO_LARGE);
      return false;
    }
    common.metrics().messageOut();
    return auth.isOpen();
  }

  @Override
  public void accepted(String eventId) {
    if (isWritable()) {
      common.metrics().ackOut();
      ScratchFrame small = common.framing().scratchAck(eventId);
      closeUnless(small == null ? write(common.framing().encodeAck(eventId)) : write(small));
    }
    ended();
  }

  @Override
  public void refused(String eventId, MessageException why) {
    writeError(eventId, why);
    ended();
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    if (state == State.DETACHED) {
      endDetached();
    }
    if (!isWritable()) {
      return;
    }
    state = State.CLOSING;
    byte[] closing =
        common
            .framing()
            .encode(ClosingTranslator.toMessage(reason.code(), reason.label(), retryAfterMs));
    if (fits(closing.length)) {
      link.write(closing);
    }
    finish(reason);
  }

  @Override
  public Backlog backlog() {
    return link.backlog();
  }

  @Override
  public void onRead() {
    lastReceived = DeadlineTimer.now();
    heartbeat.received(lastReceived);
  }

  @Override
  public void onFrame(byte[] bytes, int length) {
    if (state != State.OPEN) {
      return;
    }
    if (length == 0) {
      auth.heartbeat();
      return;
    }
    heartbeat.message(lastReceived);
    MessageLite decoded;
    try {
      decoded = common.framing().decode(bytes, length, common.limits().get().messages());
    } catch (ProtocolException e) {
      pending++;
      auth.malformed(e.getMessage(), this);
      return;
    }
    if (decoded instanceof Message message && message.getType().equals(ReservedTypes.CLOSING)) {
      link.discard();
      state = State.DRAINING;
      endIfDrained();
    } else {
      if (decoded instanceof Message) {
        pending++;
      }
      auth.received(decoded, this);
      noteIdentity();
    }
  }

  @Override
  public void onViolation(boolean tooLarge, String what) {
    writeError(
        "", new MessageException(tooLarge ? ErrorCode.TOO_LARGE : ErrorCode.MALFORMED, what));
    close(tooLarge ? CloseReason.TOO_LARGE : CloseReason.MALFORMED);
  }

  @Override
  public void onWriteBlocked() {
    if (state == State.OPEN && !heartbeat.watchesWriter()) {
      link.watch(heartbeat, DeadlineTimer.now());
      armTimer();
    }
  }

  private void noteIdentity() {
    if (!known && auth.isNamed()) {
      known = true;
      pendingLink.leave();
    }
  }

  /** Returns whether the client has authenticated or is anonymous. */
  boolean isNamed() {
    return auth.isNamed();
  }

  private boolean isWritable() {
    return state == State.OPEN || state == State.DRAINING;
  }

  /** A Message of the client has its outcome. */
  private void ended() {
    pending--;
    endIfDrained();
  }

  private void endIfDrained() {
    if (pending > 0) {
      return;
    }
    if (state == State.DRAINING) {
      state = State.CLOSING;
      finish(CloseReason.NORMAL);
    } else if (state == State.DETACHED) {
      endDetached();
    }
  }

  private void endDetached() {
    state = State.CLOSED;
    timer.cancel();
    auth.end(CloseReason.NORMAL);
    onEnd.accept(this);
  }

  private void finish(CloseReason reason) {
    link.finish();
    rearm(common.limits().get().closeTimeout().toMillis());
    auth.end(reason);
  }

  private void rearm(long delay) {
    timer.cancel();
    timer.arm(DeadlineTimer.now() + delay);
  }

  private void writeError(String eventId, MessageException why) {
    if (isWritable()) {
      common.metrics().error(why.code());
      closeUnless(write(common.framing().encode(ErrorTranslator.toMessage(eventId, why))));
    }
  }

  private boolean fits(int length) {
    return length <= common.framing().longest();
  }

  /** Closes the connection when its framing cannot carry an answer. */
  private void closeUnless(boolean fits) {
    if (!fits) {
      close(CloseReason.TOO_LARGE);
    }
  }

  /** Writes a frame unless it is too long, and returns whether it is not. */
  private boolean write(byte[] frame) {
    boolean fits = fits(frame.length);
    if (fits) {
      link.write(frame);
      written();
    }
    return fits;
  }

  private boolean write(ScratchFrame frame) {
    boolean fits = fits(frame.length());
    if (fits) {
      link.write(frame);
      written();
    }
    return fits;
  }

  private void written() {
    heartbeat.message(lastReceived);
    if (link.waitsForMoreThan(common.limits().get().writeQueue())) {
      close(CloseReason.SLOW_CONSUMER);
    }
  }

  private void onTimer() {
    if (state == State.CLOSING) {
      link.abort();
      return;
    }
    if (state == State.DETACHED) {
      endDetached();
      return;
    }
    long now = DeadlineTimer.now();
    if (now >= anonymousAt) {
      auth.timeout();
      noteIdentity();
    }
    if (link.advance(heartbeat, now) == Heartbeat.Action.EXPIRE) {
      close(CloseReason.HEARTBEAT_TIMEOUT);
    } else {
      // TCP has no probe that an application could send: the client must send something.
      armTimer();
    }
  }

  private void armTimer() {
    long next = heartbeat.nextDeadline();
    timer.arm(auth.isNamed() ? next : Math.min(next, anonymousAt));
  }

  @Override
  public void onFailure(Throwable failure) {
    OutOfMemory.endIf(failure);
    broken = true;
    LOG.debug("{} failed: {}", remote, failure.getMessage());
  }

  /** Treats a FIN as a normal close, unless the session can be resumed or the link failed. */
  @Override
  public void onEnd() {
    boolean clean =
        state == State.DRAINING || (state == State.OPEN && !broken && !auth.isResumable());
    if (clean && pending > 0) {
      state = State.DETACHED;
      rearm(DRAIN_LIMIT);
      return;
    }
    state = State.CLOSED;
    timer.cancel();
    auth.end(clean ? CloseReason.NORMAL : CloseReason.CONNECTION_LOST);
    onEnd.accept(this);
  }
}

package io.linkspan.transport.enet;

import com.google.protobuf.MessageLite;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.connection.Backlog;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.protocol.enet.Delivery;
import io.linkspan.protocol.enet.EndReason;
import io.linkspan.protocol.enet.EnetPeer;
import io.linkspan.protocol.frame.LegacyFrame;
import io.linkspan.session.Receipt;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.translate.BinaryTranslator;
import io.linkspan.translate.ErrorTranslator;
import io.linkspan.transport.channel.ConnectContext;
import io.linkspan.transport.channel.FirstMessageAuth;

/**
 * One ENet client. Its session begins when its first Message or a timeout decides its identity.
 * Used only on its event loop.
 */
final class EnetConnection implements Connection, CongestedPeers.Client, LeavingClients.Client {

  private static final Outgoing.Encoder<byte[]> BINARY = BinaryTranslator::encode;

  private final EnetPeer peer;
  private final String address;
  private final EnetLoop loop;
  private final EnetTransportConfig config;
  private final LimitsConfig limits;
  private final TransportMetrics metrics;
  private final long connectedAt;
  private final FirstMessageAuth auth;
  private ChannelReceipt lastReceipt;
  private Long data;
  private boolean observed;

  /** Messages of the client that have no outcome yet. */
  private int pending;

  private boolean leaving;

  /**
   * @param address of the client, without its port
   * @param data of the connect request
   */
  EnetConnection(
      EnetPeer peer,
      String address,
      int data,
      EnetLoop loop,
      EnetTransportConfig config,
      LimitsConfig limits,
      ConnectContext connectContext,
      TransportMetrics metrics,
      long now) {
    this.peer = peer;
    this.address = address;
    this.data = Integer.toUnsignedLong(data);
    this.loop = loop;
    this.config = config;
    this.limits = limits;
    this.metrics = metrics;
    connectedAt = now;
    auth = new FirstMessageAuth(this, connectContext, config.clientAcknowledges(), limits, metrics);
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
  public Long data() {
    return data;
  }

  @Override
  public int longestMessage() {
    return config.maxPacketSize() - LegacyFrame.HEADER_LENGTH;
  }

  @Override
  public boolean deliver(Outgoing message) {
    if (leaving) {
      return false;
    }
    if (auth.keeps(message)) {
      return true;
    }
    if (!auth.isOpen()) {
      return false;
    }
    byte[] payload =
        message.isShared()
            ? message.as(BINARY)
            : BinaryTranslator.encode(message.message(), message.size(), 0);
    metrics.messageOut();
    write(
        message.channel(),
        payload,
        message.isVolatile() ? Delivery.UNRELIABLE_FRAGMENTS : Delivery.RELIABLE);
    return auth.isOpen();
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    if (auth.hasEnded()) {
      return;
    }
    if (leaving) {
      endLeaving();
      return;
    }
    if (reason == CloseReason.SLOW_CONSUMER) {
      // The queued Messages are those that the client does not receive.
      peer.disconnect(reason.code());
    } else {
      peer.disconnectLater(reason.code());
    }
    data = null;
    auth.end(reason);
    loop.closing().add(peer, reason, DeadlineTimer.now());
    loop.wakeUp().run();
  }

  @Override
  public Backlog backlog() {
    return new EnetBacklog(peer, loop);
  }

  /** Handles one message of the client. */
  void received(int channel, byte[] payload) {
    if (auth.hasEnded()) {
      return;
    }
    ChannelReceipt receipt = receiptFor(channel);
    MessageLite decoded;
    try {
      decoded = BinaryTranslator.decode(payload, limits.messages());
    } catch (ProtocolException e) {
      pending++;
      auth.malformed(e.getMessage(), receipt);
      return;
    }
    if (decoded instanceof Message) {
      pending++;
    }
    auth.received(decoded, receipt);
  }

  /** Makes the client anonymous if it has not sent a Message. */
  void authTimeout() {
    auth.timeout();
  }

  boolean isNamed() {
    return auth.isNamed();
  }

  long connectedAt() {
    return connectedAt;
  }

  /**
   * Ends the session, or its link, after the end of the connection. A client that has disconnected
   * has sent everything that it wanted to send: its session ends when each of its Messages has an
   * outcome.
   *
   * @param disconnectData of the client, if it has disconnected
   */
  void ended(EndReason reason, int disconnectData) {
    if (reason == EndReason.REMOTE && pending > 0 && !auth.hasEnded()) {
      data = Integer.toUnsignedLong(disconnectData);
      leaving = true;
      loop.leaving().add(this, DeadlineTimer.now());
      return;
    }
    data = reason == EndReason.REMOTE ? Integer.toUnsignedLong(disconnectData) : null;
    if (reason == EndReason.TIMEOUT) {
      // A suspended client finds this in its socket when it resumes.
      CloseReason why = auth.closeReason();
      peer.notifyLost((why == null ? CloseReason.HEARTBEAT_TIMEOUT : why).code());
    }
    auth.end(
        switch (reason) {
          case REMOTE, LOCAL -> CloseReason.NORMAL;
          case TIMEOUT -> CloseReason.HEARTBEAT_TIMEOUT;
          case REPLACED, BAD_ANSWER -> CloseReason.CONNECTION_LOST;
          case NO_ROOM -> CloseReason.RATE_LIMITED;
          case VIOLATION -> CloseReason.MALFORMED;
        });
    loop.onLeft().accept(peer);
  }

  @Override
  public void endLeaving() {
    if (leaving) {
      leaving = false;
      auth.end(CloseReason.NORMAL);
      loop.onLeft().accept(peer);
    }
  }

  @Override
  public boolean isLeaving() {
    return leaving;
  }

  @Override
  public boolean isCongested() {
    return !auth.hasEnded() && limits.writeQueue() > 0 && peer.queuedBytes() > limits.writeQueue();
  }

  @Override
  public long lastAcknowledged() {
    return peer.lastAcknowledged();
  }

  @Override
  public void closeSlow() {
    close(CloseReason.SLOW_CONSUMER);
  }

  @Override
  public void relieved() {
    observed = false;
  }

  String address() {
    return address;
  }

  EnetPeer peer() {
    return peer;
  }

  /** Keeps the last one: most clients use one channel for many messages. */
  private ChannelReceipt receiptFor(int channel) {
    if (lastReceipt == null || lastReceipt.channel != channel) {
      lastReceipt = new ChannelReceipt(channel);
    }
    return lastReceipt;
  }

  private void write(int channel, byte[] payload, Delivery delivery) {
    // Checked before the write, because a single message may be longer than the limit.
    if (!observed && isCongested()) {
      observed = true;
      loop.congestion().add(this, DeadlineTimer.now());
    }
    if (peer.send(channel, payload, delivery)) {
      loop.wakeUp().run();
    } else {
      close(CloseReason.SLOW_CONSUMER);
    }
  }

  private boolean isWritable() {
    return !leaving && !auth.hasEnded();
  }

  /** A Message of the client has its outcome. */
  private void ended() {
    pending--;
    if (pending <= 0) {
      endLeaving();
    }
  }

  /** Reports the outcome of messages on the channel on which they came. */
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
      if (isWritable()) {
        metrics.ackOut();
        write(channel, BinaryTranslator.encodeAck(eventId), Delivery.RELIABLE);
      }
      ended();
    }

    @Override
    public void refused(String eventId, MessageException why) {
      if (isWritable()) {
        metrics.error(why.code());
        write(
            channel,
            BinaryTranslator.encode(ErrorTranslator.toMessage(eventId, why)),
            Delivery.RELIABLE);
      }
      ended();
    }
  }
}

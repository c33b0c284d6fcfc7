package io.linkspan.transport.enet;

import com.google.protobuf.MessageLite;
import io.linkspan.admission.LimitsConfig;
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
import io.linkspan.session.Receipt;
import io.linkspan.translate.BinaryTranslator;
import io.linkspan.translate.ErrorTranslator;
import io.linkspan.transport.channel.ConnectContext;
import io.linkspan.transport.channel.FirstMessageAuth;

/** One ENet client. Its session begins when it is known who it is. Used only on its event loop. */
final class EnetConnection implements Connection {

  private static final Outgoing.Encoder<byte[]> BINARY = BinaryTranslator::encode;

  private final EnetTransport transport;
  private final EnetPeer peer;
  private final String address;
  private final EnetTransportConfig config;
  private final LimitsConfig limits;
  private final TransportMetrics metrics;
  private final long connectedAt;
  private final FirstMessageAuth introduction;
  private ChannelReceipt lastReceipt;

  /**
   * @param address of the client, without its port
   */
  EnetConnection(
      EnetTransport transport,
      EnetPeer peer,
      String address,
      EnetTransportConfig config,
      LimitsConfig limits,
      ConnectContext entrance,
      TransportMetrics metrics,
      long now) {
    this.transport = transport;
    this.peer = peer;
    this.address = address;
    this.config = config;
    this.limits = limits;
    this.metrics = metrics;
    connectedAt = now;
    introduction =
        new FirstMessageAuth(this, entrance, config.clientAcknowledges(), limits, metrics);
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
    if (introduction.keeps(message)) {
      return true;
    }
    if (!introduction.isOpen()) {
      return false;
    }
    byte[] payload = message.as(BINARY);
    metrics.messageOut();
    write(
        message.channel(),
        payload,
        message.isVolatile() ? Delivery.UNRELIABLE_FRAGMENTS : Delivery.RELIABLE);
    return introduction.isOpen();
  }

  @Override
  public void close(CloseReason reason, long retryAfterMs) {
    if (introduction.hasEnded()) {
      return;
    }
    if (reason == CloseReason.SLOW_CONSUMER) {
      // What waits is what it does not take.
      peer.disconnect(reason.code());
    } else {
      peer.disconnectLater(reason.code());
    }
    introduction.end(reason);
    transport.linger(peer, reason);
    transport.wakeUp();
  }

  /** A message has come. */
  void received(int channel, byte[] payload) {
    if (introduction.hasEnded()) {
      return;
    }
    ChannelReceipt receipt = receiptFor(channel);
    MessageLite decoded;
    try {
      decoded = BinaryTranslator.decode(payload);
    } catch (ProtocolException e) {
      introduction.malformed(e.getMessage(), receipt);
      return;
    }
    introduction.received(decoded, receipt);
  }

  /** It has said nothing for as long as it may. */
  void authTimeout() {
    introduction.timeout();
  }

  boolean isNamed() {
    return introduction.isNamed();
  }

  long connectedAt() {
    return connectedAt;
  }

  /** The link is over. */
  void ended(EndReason reason) {
    if (reason == EndReason.TIMEOUT) {
      // Perhaps it only slept: then this waits for it.
      CloseReason why = introduction.closeReason();
      peer.notifyLost((why == null ? CloseReason.HEARTBEAT_TIMEOUT : why).code());
    }
    introduction.end(
        switch (reason) {
          case REMOTE, LOCAL -> CloseReason.NORMAL;
          case TIMEOUT -> CloseReason.HEARTBEAT_TIMEOUT;
          case REPLACED, BAD_ANSWER -> CloseReason.CONNECTION_LOST;
          case VIOLATION -> CloseReason.MALFORMED;
        });
  }

  String address() {
    return address;
  }

  EnetPeer peer() {
    return peer;
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
      if (!introduction.hasEnded()) {
        metrics.ackOut();
        write(channel, BinaryTranslator.encodeAck(eventId), Delivery.RELIABLE);
      }
    }

    @Override
    public void refused(String eventId, MessageException why) {
      if (!introduction.hasEnded()) {
        metrics.error(why.code());
        write(
            channel,
            BinaryTranslator.encode(ErrorTranslator.toMessage(eventId, why)),
            Delivery.RELIABLE);
      }
    }
  }
}

package io.linkspan.protocol.enet;

/**
 * The record of an ended connection (§12). Sends the final DISCONNECT, acknowledges each repeated
 * DISCONNECT of the other side, and identifies a late CONNECT of the same connection.
 */
final class Departed extends Endpoint {
  final long expires;

  private final TransmitQueue toTransmit;
  private final EnetCounters counters;
  private boolean disconnectPending;
  private int disconnectSequence;
  private int disconnectData;
  private int acknowledgeSequence = -1;
  private int acknowledgeSentTime;

  Departed(PeerLink link, TransmitQueue toTransmit, EnetCounters counters, long expires) {
    super(link);
    this.toTransmit = toTransmit;
    this.counters = counters;
    this.expires = expires;
  }

  /** Sends DISCONNECT once, without asking for an acknowledgement. */
  void sendDisconnect(int sequence, int data) {
    disconnectPending = true;
    disconnectSequence = sequence;
    disconnectData = data;
    toTransmit.add(this);
  }

  /** Acknowledges the DISCONNECT of the other side. */
  void acknowledge(int sequence, int sentTime) {
    acknowledgeSequence = sequence;
    acknowledgeSentTime = sentTime;
    toTransmit.add(this);
  }

  @Override
  void receive(DatagramReader in, long now) {
    counters.drop(DropReason.DEPARTED);
    if (in.sentTime < 0 || in.end - in.start < Command.DISCONNECT.size) {
      return;
    }
    // DISCONNECT is alone in its datagram, or follows acknowledgements.
    int at = in.start;
    while (Command.of(in.bytes.getUnsignedByte(at)) == Command.ACKNOWLEDGE
        && at + Command.ACKNOWLEDGE.size + Command.DISCONNECT.size <= in.end) {
      at += Command.ACKNOWLEDGE.size;
    }
    int first = in.bytes.getUnsignedByte(at);
    if (Command.of(first) == Command.DISCONNECT && (first & Command.ACKNOWLEDGE_ME) != 0) {
      acknowledge(in.bytes.getUnsignedShort(at + 2), in.sentTime);
    }
  }

  @Override
  boolean transmit(DatagramWriter out, long now) {
    if (acknowledgeSequence >= 0) {
      out.acknowledge(Command.CONTROL_CHANNEL, acknowledgeSequence, acknowledgeSentTime);
      acknowledgeSequence = -1;
    }
    if (disconnectPending) {
      out.command(
              Command.DISCONNECT,
              Command.UNSEQUENCED,
              Command.CONTROL_CHANNEL,
              disconnectSequence,
              Command.DISCONNECT.size)
          .writeInt(disconnectData);
      disconnectPending = false;
    }
    return false;
  }

  @Override
  long dueAt() {
    return NEVER;
  }

  @Override
  void wake(long now) {
    // Never scheduled: the host removes these records in the order in which they were made.
  }

  @Override
  boolean isGone() {
    return false;
  }
}

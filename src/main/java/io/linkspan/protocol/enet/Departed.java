package io.linkspan.protocol.enet;

/**
 * The memory of a connection that is over (§12): says its last word, acknowledges the other side's
 * DISCONNECT as often as that is repeated, and makes a late CONNECT of the same connection known
 * for what it is.
 */
final class Departed extends Endpoint {
  private final EnetHost host;
  final long expires;

  private boolean farewell;
  private int farewellSequence;
  private int farewellData;
  private int acknowledgeSequence = -1;
  private int acknowledgeSentTime;

  Departed(EnetPeer peer, long expires) {
    super(peer.address, peer.incomingPeerId, peer.connectId);
    copyHead(peer);
    host = peer.host;
    this.expires = expires;
  }

  /** Says DISCONNECT once and without asking for an answer. */
  void sayFarewell(int sequence, int data) {
    farewell = true;
    farewellSequence = sequence;
    farewellData = data;
    host.wantsTransmit(this);
  }

  /** Acknowledges the other side's DISCONNECT. */
  void acknowledge(int sequence, int sentTime) {
    acknowledgeSequence = sequence;
    acknowledgeSentTime = sentTime;
    host.wantsTransmit(this);
  }

  @Override
  void receive(DatagramReader in, long now) {
    host.counters.drop(DropReason.DEPARTED);
    if (in.sentTime < 0 || in.end - in.start < Command.DISCONNECT.size) {
      return;
    }
    // It stands alone, or behind acknowledgements.
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
    if (farewell) {
      out.command(
              Command.DISCONNECT,
              Command.UNSEQUENCED,
              Command.CONTROL_CHANNEL,
              farewellSequence,
              Command.DISCONNECT.size)
          .writeInt(farewellData);
      farewell = false;
    }
    return false;
  }

  @Override
  long dueAt() {
    return NEVER;
  }

  @Override
  void wake(long now) {
    // Never asked to be: the host forgets the departed in the order in which they left.
  }
}

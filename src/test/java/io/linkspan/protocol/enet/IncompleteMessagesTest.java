package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.protocol.enet.SimulatedLink.Conditions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** Tests what incomplete messages of hostile peers cost the host and its other peers. */
class IncompleteMessagesTest {
  private static final int PART = 1_000;
  private static final long LIMIT = 2_000_000;
  private static final EnetConfig.Limits LIMITS =
      new EnetConfig.Limits(
          1_000, 1_000, 1_000, 1_000, 0, 100, 300_000, 600_000, LIMIT, 8 << 20, 1_000_000, 100);

  private final EnetPair pair =
      new EnetPair(
          EnetConfig.DEFAULT, EnetConfig.DEFAULT.withLimits(LIMITS), Conditions.delaying(5), 1);

  @Test
  void theBytesOfIncompleteMessagesAreBoundedForTheHostAndGoodPeersAreServed() {
    for (int i = 0; i < 60; i++) {
      var hostile = pair.connect(255);
      for (int channel = 0; channel < 3; channel++) {
        // All parts but the first.
        for (int part = 1; part < 300; part++) {
          receive(hostile, fragment(channel, part, 300));
        }
      }
      assertThat(pair.server.waitingBytes()).isLessThanOrEqualTo(LIMIT);
    }
    assertThat(pair.server.waitingBytes()).isGreaterThan(LIMIT / 2);
    assertThat(EnetPair.only(pair.serverEvents, EnetEvent.Disconnected.class))
        .isNotEmpty()
        .allSatisfy(end -> assertThat(end.reason()).isEqualTo(EndReason.NO_ROOM));

    pair.serverEvents.clear();
    var good = pair.connect(4);
    for (int i = 0; i < 100; i++) {
      good.send(i % 4, new byte[500], Delivery.RELIABLE);
      good.send(i % 4, new byte[500], Delivery.UNRELIABLE);
    }
    // No more than sixty peers can hold each, so that one of them makes room.
    good.send(0, new byte[20_000], Delivery.RELIABLE);
    pair.run(100);
    assertThat(EnetPair.count(pair.serverEvents, EnetEvent.Received.class)).isEqualTo(201);
  }

  @Test
  void channelsAndTinyPartsAreChargedByWhatTheyHold() {
    for (int i = 0; i < 200; i++) {
      var hostile = pair.connect(255);
      for (int channel = 0; channel < 255; channel++) {
        receive(hostile, fragment(channel, 1, 2));
      }
    }
    // Their payload has 51,000 bytes; a message, its part and its channel cost 500 each.
    int left = pair.server.peers();
    assertThat(left).isBetween(2, (int) (LIMIT / 500 / 128));
  }

  @Test
  void aPeerWhoseMessageStaysIncompleteIsDisconnected() {
    var hostile = pair.connect(1);
    receive(hostile, fragment(0, 1, 3));
    pair.run(20_000);
    receive(hostile, fragment(0, 2, 3));
    pair.run(29_000);
    assertThat(pair.serverPeer().isConnected()).isTrue();
    pair.run(2_000);
    assertThat(EnetPair.only(pair.serverEvents, EnetEvent.Disconnected.class))
        .singleElement()
        .satisfies(end -> assertThat(end.reason()).isEqualTo(EndReason.VIOLATION));
    assertThat(pair.server.waitingBytes()).isZero();
  }

  @Test
  void anIncompleteUnreliableMessageIsForgotten() {
    var unlucky = pair.connect(1);
    ByteBuf part = fragment(0, 1, 3);
    part.setByte(part.readerIndex() + 4, Command.SEND_UNRELIABLE_FRAGMENT.number);
    part.setShort(part.readerIndex() + 6, 0);
    receive(unlucky, part);
    assertThat(pair.server.waitingBytes()).isPositive();
    pair.run(31_000);
    assertThat(pair.server.waitingBytes()).isEqualTo(256);
    assertThat(pair.serverPeer().isConnected()).isTrue();
  }

  private void receive(EnetPeer peer, ByteBuf datagram) {
    int head = peer.link.outgoingSession << Datagram.SESSION_SHIFT | peer.link.outgoingPeerId;
    datagram.setShort(datagram.readerIndex(), Datagram.SENT_TIME | head);
    pair.server.receive(datagram, EnetPair.CLIENT, pair.now);
  }

  /** One part of the first message of a channel, in a datagram without a peer id. */
  private static ByteBuf fragment(int channel, int number, int count) {
    int length = count == 300 ? PART : 1;
    var bytes = Unpooled.buffer().writeShort(0).writeShort(0);
    bytes.writeByte(Command.SEND_FRAGMENT.number | Command.ACKNOWLEDGE_ME).writeByte(channel);
    bytes.writeShort(1 + number).writeShort(1).writeShort(length).writeInt(count);
    bytes.writeInt(number).writeInt(count * length).writeInt(number * length);
    return bytes.writeZero(length);
  }
}

package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Tests which clients get a connection, and what unknown addresses can make the host do. */
class EnetHandshakeTest {
  private static final PeerAddress ADDRESS = EnetPair.CLIENT;
  private static final byte[] CONNECT = Vectors.capture("connect");

  private EnetHost host = host(EnetConfig.DEFAULT);
  private long now = 1000;

  @Test
  void bothSidesAgreeOnTheSmallerOfEverything() {
    var pair =
        new EnetPair(
            EnetConfig.DEFAULT.withMtu(1000),
            EnetConfig.DEFAULT.withMtu(1200).withChannels(5),
            SimulatedLink.Conditions.PERFECT,
            1);
    var peer = pair.connect(9);
    assertThat(peer.channels()).isEqualTo(5);
    assertThat(pair.serverPeer().channels()).isEqualTo(5);
    assertThat(peer.link.mtu).isEqualTo(1000);
    assertThat(pair.serverPeer().link.mtu).isEqualTo(1000);
    assertThat(EnetPair.only(pair.serverEvents, EnetEvent.Connected.class))
        .singleElement()
        .satisfies(event -> assertThat(event.data()).isEqualTo(0x11223344));
  }

  @Test
  void aRepeatedConnectMakesOnePeer() {
    receive(CONNECT);
    byte[] answer = sent().get(0);
    receive(CONNECT);
    assertThat(sent()).singleElement().isEqualTo(answer);
    assertThat(host.handshakes()).isOne();

    confirm(answer);
    assertThat(host.peers()).isOne();
    assertThat(host.handshakes()).isZero();
    sent();
    receive(CONNECT);
    assertThat(sent()).isEmpty();
    assertThat(host.counters().dropped(DropReason.REPEATED_CONNECT)).isOne();
  }

  @Test
  void aForgedConnectDrawsNoMoreBytesThanItHas() {
    receive(CONNECT);
    assertThat(drawn(10_000)).isEqualTo(48).isLessThan(CONNECT.length);
    assertThat(host.handshakes()).isZero();
    assertThat(host.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  /** An empty model makes a CONNECT short that has hardly anything but zeros. */
  @Test
  void aCompressedConnectSmallerThanItsAnswerIsNotAnswered() {
    byte[] small = compressed(connect(0, 0, 0, 0));
    int received = 0;
    int drawn = 0;
    for (int i = 0; i < 10; i++) {
      receive(small);
      received += small.length;
      drawn += drawn(0);
      assertThat(drawn).isLessThanOrEqualTo(received);
      if (i == 0) {
        assertThat(drawn).isZero();
        assertThat(host.counters().dropped(DropReason.SMALL_CONNECT)).isOne();
      }
    }
    assertThat(drawn).isPositive();
  }

  @Test
  void aCompressedConnectOfTheLibraryIsAnsweredAtOnceOrWhenItIsRepeated() {
    int late = 0;
    for (int i = 0; i < 500; i++) {
      host = new EnetHost(EnetConfig.DEFAULT, new Random(i), EnetPair.ALLOCATOR);
      byte[] connect = compressed(connect(0, i * 0x9E3779B1, 1400, 0));
      receive(connect);
      if (drawn(0) == 0) {
        late++;
        receive(connect);
        assertThat(drawn(0)).as("%s", i).isPositive();
      }
    }
    assertThat(late).isLessThan(5);
  }

  @Test
  void nothingIsPassedOnBeforeTheAnswerIsAcknowledged() {
    receive(CONNECT);
    byte[] answer = sent().get(0);
    // All that a forger can send who guesses id and session, or tries all 16,384.
    for (int head = 0; head < 1 << 14; head++) {
      receive(Vectors.bytes(String.format("%04x", head) + "490000000001000268" + "69"));
      receive(Vectors.bytes(String.format("%04x", 0x8000 | head) + "0000" + "8600000100026869"));
    }
    // Among guesses of the sent time only the first few of a datagram count.
    var guesses = new StringBuilder();
    for (int off = -10; off < 140; off++) {
      guesses.append("01ff00010001").append(sentTime(answer, off));
    }
    receive(datagram(answer, guesses.toString(), false));
    assertThat(host.pollEvent()).isNull();
    assertThat(host.peers()).isZero();
    confirm(answer);
    assertThat(host.pollEvent()).isInstanceOf(EnetEvent.Connected.class);
    receive(datagram(answer, "8600000100026869", true));
    assertThat(host.pollEvent()).isInstanceOf(EnetEvent.Received.class);
  }

  /** The C library drops its acknowledgement when the application disconnects at once. */
  @Test
  void aClientThatDisconnectsAtOnceCanConnectAgain() {
    for (String disconnect : List.of("44ff000200000007", "84ff000200000007")) {
      host = host(EnetConfig.DEFAULT);
      receive(CONNECT);
      byte[] answer = sent().get(0);
      boolean asks = disconnect.startsWith("84");
      for (int i = 0; i < 3; i++) {
        receive(datagram(answer, disconnect, asks));
        assertThat(sent()).hasSize(asks ? 1 : 0);
      }
      assertThat(host.handshakes()).isZero();
      receive(connect(0, 99));
      assertThat(sent()).hasSize(1);
      // An answer to the first attempt would end the second.
      assertThat(drawn(3_000)).isZero();
      assertThat(host.pollEvent()).isNull();
    }
  }

  @Test
  void theAnswerIsRepeatedWhenItsAcknowledgementIsLost() {
    receive(CONNECT);
    byte[] answer = sent().get(0);
    now += 500;
    receive(datagram(answer, "85ff0002", true));
    assertThat(host.pollEvent()).isNull();
    byte[] again = sent().get(0);
    assertThat(again).hasSize(48);
    confirm(again);
    assertThat(host.pollEvent()).isInstanceOf(EnetEvent.Connected.class);
  }

  /** A network may deliver a copy of a CONNECT after the connection that it began has ended. */
  @Test
  void aLateCopyOfAnEarlierConnectDoesNotDisturbANewAttempt() {
    receive(CONNECT);
    byte[] answer = sent().get(0);
    confirm(answer);
    sent();
    receive(datagram(answer, "84ff000200000007", true));
    sent();
    drainEvents();

    receive(connect(0, 99));
    byte[] second = sent().get(0);
    receive(CONNECT);
    assertThat(sent()).isEmpty();
    // The acknowledgement was lost: what follows it asks for the answer again.
    now += 500;
    receive(datagram(second, "8600000100026869", true));
    byte[] again = sent().get(0);
    confirm(again);
    assertThat(host.pollEvent()).isInstanceOf(EnetEvent.Connected.class);
  }

  @Test
  void aConfirmedConnectionReplacesTheDeadOneOfTheSameSlot() {
    receive(CONNECT);
    byte[] first = sent().get(0);
    confirm(first);
    var dead = ((EnetEvent.Connected) host.pollEvent()).peer();
    sent();

    byte[] connect = connect(0, 99);
    receive(connect);
    byte[] second = sent().get(0);
    assertThat(dead.isConnected()).isTrue();
    assertThat(session(second)).isNotEqualTo(session(first));

    confirm(second);
    var end = (EnetEvent.Disconnected) host.pollEvent();
    assertThat(end.peer()).isSameAs(dead);
    assertThat(end.reason()).isEqualTo(EndReason.REPLACED);
    assertThat(host.pollEvent()).isInstanceOf(EnetEvent.Connected.class);
    assertThat(host.peers()).isOne();
  }

  @Test
  void aReconnectingClientIsNotSentTheOldDisconnectAgain() {
    receive(CONNECT);
    confirm(sent().get(0));
    ((EnetEvent.Connected) host.pollEvent()).peer().disconnect(3);
    assertThat(sent()).hasSize(1);
    receive(connect(0, 99));
    assertThat(sent()).singleElement().satisfies(answer -> assertThat(answer).hasSize(48));
    assertThat(((EnetEvent.Disconnected) host.pollEvent()).reason()).isEqualTo(EndReason.LOCAL);
    now += 600;
    host.advanceTo(now);
    assertThat(sent()).isEmpty();
  }

  @Test
  void forgedConnectsDoNotDisturbALivePeer() {
    receive(CONNECT);
    confirm(sent().get(0));
    var peer = ((EnetEvent.Connected) host.pollEvent()).peer();
    sent();
    for (int i = 0; i < 1000; i++) {
      receive(connect(0, 1000 + i));
      // The right id and session are not enough: the sent time must be right too.
      for (byte[] answer : sent()) {
        receive(datagram(answer, "85ff0002", true));
        receive(datagram(answer, "01ff00010001" + sentTime(answer, -7), false));
      }
    }
    assertThat(peer.isConnected()).isTrue();
    assertThat(host.pollEvent()).isNull();
    assertThat(host.peers()).isOne();
    assertThat(host.handshakes()).isLessThanOrEqualTo(4);
  }

  @Test
  void aReplayedConnectOfAnEndedConnectionIsIgnored() {
    receive(CONNECT);
    byte[] answer = sent().get(0);
    confirm(answer);
    ((EnetEvent.Connected) host.pollEvent()).peer().reset();
    receive(CONNECT);
    assertThat(sent()).isEmpty();
    assertThat(host.counters().dropped(DropReason.REPEATED_CONNECT)).isOne();
    assertThat(host.handshakes()).isZero();
  }

  @Test
  void aClientOfAnotherDialectIsDisconnectedAtOnce() {
    byte[] swapped = connect(7, 99);
    swapped[0] = 0x4F;
    receive(swapped);
    assertThat(Vectors.hex(sent().get(0))).isEqualTo("000744ff000100001130");
    assertThat(host.counters().dropped(DropReason.OTHER_DIALECT)).isOne();
    assertThat(host.handshakes()).isZero();
    assertThat(host.endpoints()).isZero();
    assertThat(host.nextDeadline()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aClientWithoutChecksumsIsDisconnectedAtOnceWhereTheyAreRequired() {
    host = host(EnetConfig.DEFAULT.withChecksum(Feature.ON));
    receive(connect(7, 99));
    assertThat(Vectors.hex(sent().get(0))).isEqualTo("000744ff000100001130");
    assertThat(host.counters().dropped(DropReason.NO_CHECKSUM)).isOne();
    receive(Vectors.capture("summed-connect"));
    assertThat(sent()).singleElement().satisfies(answer -> assertThat(answer).hasSize(52));
  }

  @Test
  void aForgedConnectOfAnotherDialectDoesNotDisconnectAClient() {
    receive(CONNECT);
    confirm(sent().get(0));
    sent();
    byte[] swapped = connect(0, 99);
    swapped[0] = 0x4F;
    receive(swapped);
    assertThat(sent()).isEmpty();
    assertThat(host.counters().dropped(DropReason.OTHER_DIALECT)).isOne();
  }

  @Test
  void impossibleConnectsAreIgnored() {
    byte[] noChannels = CONNECT.clone();
    noChannels[4 + 19] = 0;
    byte[] manyChannels = CONNECT.clone();
    manyChannels[4 + 18] = 1;
    byte[] noSlot = CONNECT.clone();
    noSlot[4 + 4] = 0x0F;
    noSlot[4 + 5] = (byte) 0xFF;
    for (byte[] bad : List.of(noChannels, manyChannels, noSlot)) {
      receive(bad);
    }
    assertThat(sent()).isEmpty();
    assertThat(host.counters().dropped(DropReason.BAD_CONNECT)).isEqualTo(3);
  }

  @Test
  void wrongSessionsIdsPortsAndAddressesAreIgnored() {
    receive(CONNECT);
    byte[] answer = sent().get(0);
    confirm(answer);
    host.pollEvent();
    sent();
    byte[] disconnect = datagram(answer, "44ff000900000000", false);
    for (int other = 1; other < 4; other++) {
      byte[] forged = disconnect.clone();
      forged[0] ^= (byte) (other << 4);
      receive(forged);
    }
    byte[] otherId = disconnect.clone();
    otherId[1] ^= 1;
    receive(otherId);
    var buffer = Unpooled.wrappedBuffer(disconnect);
    host.receive(buffer, PeerAddress.ipv4(0x7F000001, 40_001, null), now);
    host.receive(buffer, PeerAddress.ipv4(0x7F000003, 40_000, null), now);
    assertThat(host.peers()).isOne();
    assertThat(host.counters().dropped(DropReason.WRONG_SESSION)).isEqualTo(3);
    assertThat(host.counters().dropped(DropReason.UNKNOWN_PEER)).isEqualTo(3);
    receive(disconnect);
    assertThat(host.peers()).isZero();
  }

  @Test
  void aPeerThatKeepsViolatingTheProtocolIsDisconnected() {
    receive(CONNECT);
    byte[] answer = sent().get(0);
    confirm(answer);
    host.pollEvent();
    sent();
    for (int i = 1; i < EnetConfig.DEFAULT.limits().violations(); i++) {
      receive(datagram(answer, "0e000000", false));
    }
    assertThat(host.peers()).isOne();
    receive(datagram(answer, "0e000000", false));
    assertThat(((EnetEvent.Disconnected) host.pollEvent()).reason()).isEqualTo(EndReason.VIOLATION);
    assertThat(Vectors.hex(sent().get(0))).contains("44ff0002");
    assertThat(host.peers()).isZero();
  }

  @Test
  void aDisconnectIsAcknowledgedAsOftenAsItIsRepeated() {
    receive(CONNECT);
    byte[] answer = sent().get(0);
    confirm(answer);
    sent();
    byte[] disconnect = datagram(answer, "84ff000500000007", true);
    for (int i = 0; i < 5; i++) {
      receive(disconnect);
      assertThat(sent())
          .singleElement()
          .satisfies(bytes -> assertThat(Vectors.hex(bytes)).endsWith("01ff000500050000"));
    }
    now += EnetConfig.DEFAULT.timing().departed().toMillis();
    host.advanceTo(now);
    receive(disconnect);
    assertThat(sent()).isEmpty();
  }

  @Test
  void oneSocketHoldsFarMoreThan4095Connections() {
    host = host(EnetConfig.DEFAULT.withLimits(limits(100_000, 4095, 100, 100)));
    Set<EnetPeer> peers = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      var address = PeerAddress.ipv4(0x0A000000 + i / 4, 1000 + i % 4, null);
      host.receive(Unpooled.wrappedBuffer(connect(0, i)), address, now);
      confirm(sent().get(0), address);
      peers.add(((EnetEvent.Connected) host.pollEvent()).peer());
      sent();
    }
    assertThat(host.peers()).isEqualTo(20_000);
    assertThat(peers).hasSize(20_000);
    assertThat(host.handshakes()).isZero();
  }

  @Test
  void oneSocketOfAClientMayHoldManyConnections() {
    for (int slot = 0; slot < 500; slot++) {
      receive(connect(slot, 7 * slot));
      confirm(sent().get(0));
      sent();
    }
    assertThat(host.peers()).isEqualTo(500);
  }

  @Test
  void theLimitsOnPeersHold() {
    host = host(EnetConfig.DEFAULT.withLimits(limits(10, 4, 100, 100)));
    for (int i = 0; i < 40; i++) {
      var address = PeerAddress.ipv4(0x0A000000 + i / 8, 1000 + i, null);
      host.receive(Unpooled.wrappedBuffer(connect(0, i)), address, now);
      for (byte[] answer : sent()) {
        confirm(answer, address);
        sent();
      }
    }
    assertThat(host.peers()).isEqualTo(10);
    // Four of eight in each of two networks, then two more.
    assertThat(host.counters().dropped(DropReason.ADDRESS_FULL)).isEqualTo(8);
    assertThat(host.counters().dropped(DropReason.HOST_FULL)).isEqualTo(22);
  }

  @Test
  void aFloodOfForgedConnectsIsBoundedAndNewClientsStillConnect() {
    host = host(EnetConfig.DEFAULT.withLimits(limits(1000, 1000, 200, 50)));
    var random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      var address = PeerAddress.ipv4(random.nextInt(), random.nextInt(65_536), null);
      host.receive(Unpooled.wrappedBuffer(connect(0, i)), address, now);
      host.receive(
          Unpooled.wrappedBuffer(connect(i % 300, i)), PeerAddress.ipv4(77, i % 60_000, null), now);
      sent();
      assertThat(host.handshakes()).isLessThanOrEqualTo(200);
    }
    now += 500;
    receive(CONNECT);
    byte[] answer = sent().get(0);
    for (int i = 0; i < 100; i++) {
      host.receive(Unpooled.wrappedBuffer(connect(0, i)), PeerAddress.ipv4(500 + i, 1, null), now);
    }
    confirm(answer);
    assertThat(host.peers()).isOne();
    now += 10_000;
    host.advanceTo(now);
    assertThat(host.handshakes()).isZero();
  }

  @Test
  void aCrowdBehindOneAddressWaitsInsteadOfLosingItsHandshakes() {
    host = host(EnetConfig.DEFAULT.withLimits(limits(1000, 1000, 200, 4)));
    List<PeerAddress> crowd = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      crowd.add(PeerAddress.ipv4(77, 1000 + i, null));
    }
    for (int round = 0; round < 2; round++) {
      List<byte[]> answers = new ArrayList<>();
      for (int i = 4 * round; i < 8; i++) {
        host.receive(Unpooled.wrappedBuffer(connect(i, i)), crowd.get(i), now);
        answers.addAll(sent());
      }
      assertThat(answers).hasSize(4);
      assertThat(host.handshakes()).isEqualTo(4);
      for (int i = 0; i < 4; i++) {
        confirm(answers.get(i), crowd.get(4 * round + i));
        sent();
      }
      assertThat(host.peers()).isEqualTo(4 * round + 4);
      now += 500;
    }
  }

  @Test
  void handshakesThatHadTheirTimeMakeRoom() {
    host = host(EnetConfig.DEFAULT.withLimits(limits(1000, 1000, 200, 4)));
    for (int i = 0; i < 4; i++) {
      receive(connect(i, i));
    }
    sent();
    receive(connect(4, 4));
    assertThat(sent()).isEmpty();
    now += 500;
    receive(connect(4, 4));
    assertThat(sent()).hasSize(1);
    assertThat(host.handshakes()).isEqualTo(4);
  }

  @Test
  void aClientThatWasAnsweredIsAdmittedAlthoughTheHostIsFull() {
    host = host(EnetConfig.DEFAULT.withLimits(limits(2, 2, 100, 100)));
    List<byte[]> answers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      receive(connect(i, i));
      answers.addAll(sent());
    }
    assertThat(answers).hasSize(2);
    answers.forEach(this::confirm);
    assertThat(host.peers()).isEqualTo(2);
    now += 10_000;
    receive(connect(3, 3));
    assertThat(host.counters().dropped(DropReason.ADDRESS_FULL)).isEqualTo(2);
  }

  @Test
  void aNetworkThatConnectsTooFastIsDelayedAndOthersAreNot() {
    host = host(EnetConfig.DEFAULT.withLimits(limits(1000, 1000, 1000, 1000, 20)));
    var elsewhere = PeerAddress.ipv4(0x0A000001, 1, null);
    for (int i = 0; i < 50; i++) {
      receive(connect(i, i));
    }
    assertThat(host.handshakes()).isEqualTo(20);
    assertThat(host.counters().dropped(DropReason.TOO_MANY_CONNECTS)).isEqualTo(30);
    host.receive(Unpooled.wrappedBuffer(CONNECT), elsewhere, now);
    assertThat(host.handshakes()).isEqualTo(21);
    now += 500;
    for (int i = 20; i < 50; i++) {
      receive(connect(i, i));
    }
    assertThat(host.handshakes()).isEqualTo(31);
  }

  @Test
  void anAnswerWithAForeignConnectIdDoesNotDisturbAnAttempt() {
    var pair = new EnetPair(EnetConfig.DEFAULT, SimulatedLink.Conditions.delaying(50), 5);
    var peer = pair.client.connect(EnetPair.SERVER, 1, 0, pair.now);
    pair.drain();
    byte[] forged = Vectors.capture("verify-connect");
    forged[0] = (byte) (0x80 | peer.link.incomingPeerId >> 8);
    forged[1] = (byte) peer.link.incomingPeerId;
    pair.client.receive(Unpooled.wrappedBuffer(forged), EnetPair.SERVER, pair.now);
    assertThat(peer.state()).isEqualTo(PeerState.CONNECTING);
    pair.run(500);
    assertThat(peer.isConnected()).isTrue();
  }

  private static EnetConfig.Limits limits(
      int peers, int perAddress, int halfOpen, int halfOpenPerAddress) {
    return limits(peers, perAddress, halfOpen, halfOpenPerAddress, 0);
  }

  private static EnetConfig.Limits limits(
      int peers, int perAddress, int halfOpen, int halfOpenPerAddress, int connectRate) {
    return new EnetConfig.Limits(
        peers,
        perAddress,
        halfOpen,
        halfOpenPerAddress,
        connectRate,
        100,
        1000,
        1000,
        1000,
        1000,
        1000,
        10);
  }

  private static EnetHost host(EnetConfig config) {
    return new EnetHost(config, new Random(42), EnetPair.ALLOCATOR);
  }

  private static byte[] connect(int slot, int connectId) {
    byte[] connect = CONNECT.clone();
    ByteBuf bytes = Unpooled.wrappedBuffer(connect);
    bytes.setShort(4 + 4, slot);
    bytes.setInt(4 + 40, connectId);
    return connect;
  }

  private void receive(byte[] datagram) {
    host.receive(Unpooled.wrappedBuffer(datagram), ADDRESS, now);
  }

  private void confirm(byte[] verifyConnect) {
    confirm(verifyConnect, ADDRESS);
  }

  private void confirm(byte[] verifyConnect, PeerAddress address) {
    String acknowledge = "01ff00010001" + sentTime(verifyConnect, 0);
    host.receive(Unpooled.wrappedBuffer(datagram(verifyConnect, acknowledge, false)), address, now);
  }

  private void drainEvents() {
    while (host.pollEvent() != null) {
      // Events of an earlier connection.
    }
  }

  private static String sentTime(byte[] datagram, int off) {
    return String.format(
        "%04x", (Unpooled.wrappedBuffer(datagram).getUnsignedShort(2) + off) & 0xFFFF);
  }

  /** Bytes sent within this time. */
  private int drawn(int milliseconds) {
    int bytes = 0;
    for (int i = 0; i <= milliseconds; i += 100) {
      bytes += sent().stream().mapToInt(datagram -> datagram.length).sum();
      now += Math.min(milliseconds, 100);
      host.advanceTo(now);
    }
    return bytes;
  }

  private static byte[] compressed(byte[] connect) {
    byte[] plain = Arrays.copyOfRange(connect, 4, connect.length);
    byte[] coded = new byte[100];
    int length = new RangeCoder().compress(plain, plain.length, coded, coded.length);
    return Vectors.bytes("cfff0001" + Vectors.hex(Arrays.copyOf(coded, length)));
  }

  private static byte[] connect(int slot, int connectId, int mtu, int data) {
    byte[] connect = connect(slot, connectId);
    Unpooled.wrappedBuffer(connect).setInt(4 + 8, mtu).setInt(4 + 44, data);
    return connect;
  }

  /** A datagram of the client that received this VERIFY_CONNECT. */
  private static byte[] datagram(byte[] verifyConnect, String commands, boolean timed) {
    ByteBuf answer = Unpooled.wrappedBuffer(verifyConnect);
    int id = answer.getUnsignedShort(4 + 4);
    // The field is named from the point of view of the client.
    int session = answer.getUnsignedByte(4 + 7);
    String head = String.format("%04x", (timed ? 0x8000 : 0) | session << 12 | id);
    return Vectors.bytes(head + (timed ? "0000" : "") + commands);
  }

  private static int session(byte[] verifyConnect) {
    return verifyConnect[4 + 7];
  }

  private List<byte[]> sent() {
    List<byte[]> sent = new ArrayList<>();
    for (Transmit out; (out = host.pollTransmit(now)) != null; ) {
      sent.add(ByteBufUtil.getBytes(out.datagram()));
      out.datagram().release();
    }
    return sent;
  }
}

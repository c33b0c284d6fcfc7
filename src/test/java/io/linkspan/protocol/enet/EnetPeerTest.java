package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.enet.SimulatedLink.Conditions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Tests two peers in virtual time: delivery, timeouts, the ends of a connection. */
class EnetPeerTest {
  /** Charged for each channel that a message has come on. */
  private static final long CHANNEL = 256;

  private EnetPair pair = new EnetPair(EnetConfig.DEFAULT, Conditions.delaying(10), 1);

  @Test
  void allChannelsAreUsable() {
    var peer = pair.connect(255);
    for (int channel = 0; channel < 255; channel++) {
      peer.send(channel, new byte[] {(byte) channel}, Delivery.RELIABLE);
    }
    pair.run(100);
    var received = received();
    assertThat(received).hasSize(255);
    for (var got : received) {
      assertThat(got.payload()).containsExactly(got.channel());
    }
    assertThatThrownBy(() -> peer.send(255, new byte[1], Delivery.RELIABLE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aMegabyteArrivesWhole() {
    var peer = pair.connect(1);
    byte[] payload = new byte[1 << 20];
    new Random(1).nextBytes(payload);
    peer.send(0, payload, Delivery.RELIABLE);
    // 64 KiB per round trip of 20 ms.
    assertThat(pair.runUntil(() -> !received().isEmpty(), 400)).isTrue();
    assertThat(received().get(0).payload()).isEqualTo(payload);
    assertThat(pair.server.waitingBytes()).isEqualTo(CHANNEL);
  }

  @Test
  void sequenceNumbersAndWindowsWrapAround() {
    var peer = pair.connect(1);
    int[] count = {0};
    pair.onServer =
        event -> {
          if (event instanceof EnetEvent.Received got) {
            assertThat(got.payload()[0]).isEqualTo((byte) count[0]++);
          }
        };
    for (int i = 0; i < 150_000; i++) {
      assertThat(peer.send(0, new byte[] {(byte) i}, Delivery.RELIABLE)).isTrue();
      if (i % 5_000 == 0) {
        pair.run(40);
      }
    }
    assertThat(pair.runUntil(() -> count[0] == 150_000, 10_000)).isTrue();
  }

  @Test
  void emptyMessagesArrive() {
    var peer = pair.connect(1);
    for (var delivery : Delivery.values()) {
      peer.send(0, new byte[0], delivery);
    }
    pair.run(100);
    assertThat(received()).hasSize(4);
  }

  @Test
  void manyMessagesShareADatagram() {
    var peer = pair.connect(1);
    pair.run(100);
    long before = pair.client.counters().datagramsSent();
    for (int i = 0; i < 100; i++) {
      peer.send(0, new byte[4], Delivery.RELIABLE);
    }
    pair.run(100);
    assertThat(received()).hasSize(100);
    assertThat(pair.client.counters().datagramsSent() - before).isOne();
  }

  @Test
  void aGapHoldsUpItsChannelOnly() {
    var peer = pair.connect(2);
    pair.run(100);
    pair.link.setConditions(Conditions.losing(1));
    peer.send(0, new byte[] {1}, Delivery.RELIABLE);
    pair.drain();
    pair.link.setConditions(Conditions.delaying(1));
    peer.send(0, new byte[] {2}, Delivery.RELIABLE);
    peer.send(1, new byte[] {3}, Delivery.RELIABLE);
    pair.run(5);
    assertThat(received()).extracting(EnetEvent.Received::channel).containsExactly(1);
    assertThat(pair.server.waitingBytes()).isPositive();
    pair.run(200);
    assertThat(received()).extracting(got -> (int) got.payload()[0]).containsExactly(3, 1, 2);
    assertThat(pair.server.waitingBytes()).isEqualTo(2 * CHANNEL);
  }

  @Test
  void anUnreliableMessageWaitsForTheReliableOneBeforeIt() {
    var peer = pair.connect(1);
    pair.run(100);
    pair.link.setConditions(Conditions.losing(1));
    peer.send(0, new byte[] {1}, Delivery.RELIABLE);
    pair.drain();
    pair.link.setConditions(Conditions.delaying(1));
    peer.send(0, new byte[] {2}, Delivery.UNRELIABLE);
    peer.send(0, new byte[] {3}, Delivery.UNSEQUENCED);
    pair.run(5);
    assertThat(received()).extracting(got -> (int) got.payload()[0]).containsExactly(3);
    pair.run(200);
    assertThat(received()).extracting(got -> (int) got.payload()[0]).containsExactly(3, 1, 2);
  }

  @Test
  void unreliableNumbersAreRenewedBeforeTheyRunOut() {
    var peer = pair.connect(1);
    pair.onServer = event -> {};
    for (int i = 0; i < 70_000; i++) {
      peer.send(0, new byte[1], Delivery.UNRELIABLE);
      if (i % 1_000 == 0) {
        pair.run(20);
      }
    }
    pair.run(200);
    assertThat(received()).hasSizeGreaterThan(69_000);
    assertThat(received()).anyMatch(got -> got.delivery() == Delivery.RELIABLE);
  }

  @Test
  void bothSidesPingWhenIdleAndMeasureTheRoundTrip() {
    var peer = pair.connect(1);
    pair.run(3_000);
    long before = pair.client.counters().datagramsSent();
    pair.run(10_000);
    // A ping and an acknowledgement every 500 ms and a round trip, sometimes in one datagram.
    assertThat(pair.client.counters().datagramsSent() - before).isBetween(19L, 42L);
    assertThat(peer.roundTrip().time()).isEqualTo(20);
    assertThat(pair.serverPeer().roundTrip().time()).isEqualTo(20);
  }

  @Test
  void unacknowledgedCommandsAreSentAgainAfterWaitsThatDouble() {
    var peer = pair.connect(1);
    pair.run(20_000);
    int first = peer.roundTrip().time() + 4 * peer.roundTrip().variance();
    pair.link.setConditions(Conditions.losing(1));
    List<Long> sent = new ArrayList<>();
    long start = pair.now;
    peer.send(0, new byte[33], Delivery.RELIABLE);
    pair.wiretap =
        datagram -> {
          if (datagram.length == 43) {
            sent.add(pair.now - start);
          }
        };
    pair.run(20L * first);
    first = Math.max(20, first);
    assertThat(sent).startsWith(0L, (long) first, 3L * first, 7L * first, 15L * first);
  }

  @Test
  void aSilentPeerIsLostAfterTheMinimum() {
    var peer = pair.connect(1);
    pair.run(20_000);
    pair.link.setConditions(Conditions.losing(1));
    long start = pair.now;
    peer.send(0, new byte[1], Delivery.RELIABLE);
    assertThat(pair.runUntil(() -> !peer.isConnected(), 60_000)).isTrue();
    // With round trips of 20 ms, six transmissions take less than the minimum.
    assertThat(pair.now - start).isBetween(5_000L, 7_000L);
    pair.drain();
    assertThat(EnetPair.only(pair.clientEvents, EnetEvent.Disconnected.class))
        .singleElement()
        .satisfies(end -> assertThat(end.reason()).isEqualTo(EndReason.TIMEOUT));
    pair.assertForgotten();
  }

  @Test
  void aLostPeerIsNotifiedOnceAndReceivesItWhenItResumes() {
    var peer = pair.connect(1);
    pair.run(20_000);
    pair.link.setConditions(Conditions.losing(1));
    List<byte[]> sent = new ArrayList<>();
    var lost = pair.serverPeer();
    pair.onServer =
        event -> {
          if (event instanceof EnetEvent.Disconnected) {
            pair.link.setConditions(Conditions.PERFECT);
            pair.wiretap = sent::add;
            lost.notifyLost(4408);
            lost.notifyLost(4409);
          }
        };
    // The client is suspended meanwhile, and does not time out.
    long silentFrom = pair.now;
    while (!lost.isGone()) {
      pair.now = pair.server.nextDeadline();
      pair.server.advanceTo(pair.now);
      pair.drain();
    }
    assertThat(pair.now - silentFrom).isLessThan(7_500);
    pair.runUntil(peer::isGone, 100);
    assertEnd(pair.clientEvents, EndReason.REMOTE, 4408);
    assertThat(sent.stream().filter(EnetPeerTest::isUnansweredDisconnect)).hasSize(1);
    lost.notifyLost(4410);
    pair.drain();
    assertThat(sent.stream().filter(EnetPeerTest::isUnansweredDisconnect)).hasSize(1);
    pair.assertForgotten();
  }

  private static boolean isUnansweredDisconnect(byte[] datagram) {
    return datagram.length == 10 && datagram[2] == 0x44;
  }

  @Test
  void peersThatEndedOtherwiseAreNotNotified() {
    var peer = pair.connect(1);
    var other = pair.serverPeer();
    peer.disconnect(5);
    pair.runUntil(other::isGone, 1_000);
    pair.run(1_000);
    List<byte[]> sent = new ArrayList<>();
    pair.wiretap = sent::add;
    other.notifyLost(4408);
    peer.notifyLost(4408);
    pair.drain();
    assertThat(sent).isEmpty();
  }

  @Test
  void anIdlePeerThatBecomesSilentIsDetectedByPings() {
    var peer = pair.connect(1);
    pair.run(20_000);
    pair.link.setConditions(Conditions.losing(1));
    long start = pair.now;
    assertThat(pair.runUntil(() -> !peer.isConnected(), 60_000)).isTrue();
    assertThat(pair.now - start).isBetween(5_000L, 7_500L);
  }

  @Test
  void anUnansweredConnectIsGivenUpAfterHalfAMinute() {
    pair.link.setConditions(Conditions.losing(1));
    long start = pair.now;
    var peer = pair.client.connect(EnetPair.SERVER, 1, 0, pair.now);
    assertThat(pair.runUntil(() -> peer.isGone(), 60_000)).isTrue();
    assertThat(pair.now - start).isBetween(30_000L, 32_000L);
    pair.assertForgotten();
  }

  @Test
  void disconnectEndsBothSides() {
    var peer = pair.connect(1);
    peer.disconnect(7);
    assertThat(peer.send(0, new byte[1], Delivery.RELIABLE)).isFalse();
    pair.run(100);
    assertEnd(pair.clientEvents, EndReason.LOCAL, 0);
    assertEnd(pair.serverEvents, EndReason.REMOTE, 7);
    pair.assertForgotten();
  }

  @Test
  void disconnectLaterSendsWhatIsQueuedFirst() {
    var peer = pair.connect(1);
    for (int i = 0; i < 50; i++) {
      peer.send(0, new byte[5_000], Delivery.RELIABLE);
    }
    peer.disconnectLater(8);
    pair.run(2_000);
    assertThat(received()).hasSize(50);
    assertThat(pair.serverEvents.get(pair.serverEvents.size() - 1))
        .isInstanceOf(EnetEvent.Disconnected.class);
    assertEnd(pair.serverEvents, EndReason.REMOTE, 8);
    assertEnd(pair.clientEvents, EndReason.LOCAL, 0);
    pair.assertForgotten();
  }

  @Test
  void disconnectNowSendsOneDatagramAndEnds() {
    var peer = pair.connect(1);
    pair.run(100);
    peer.disconnectNow(9);
    assertThat(pair.client.peers()).isZero();
    pair.run(100);
    assertEnd(pair.serverEvents, EndReason.REMOTE, 9);
    assertThat(EnetPair.count(pair.clientEvents, EnetEvent.Disconnected.class)).isZero();
    pair.assertForgotten();
  }

  @Test
  void resetIsNoticedByTheTimeoutOfTheOtherSide() {
    var peer = pair.connect(1);
    pair.run(1_000);
    peer.reset();
    pair.run(10_000);
    assertEnd(pair.serverEvents, EndReason.TIMEOUT, 0);
    pair.assertForgotten();
  }

  @Test
  void aLostAcknowledgementOfADisconnectDoesNotHangTheClient() {
    var peer = pair.connect(1);
    pair.run(1_000);
    peer.disconnect(7);
    pair.drain();
    // The DISCONNECT is in flight; its first acknowledgement will be lost.
    pair.link.setConditions(Conditions.losing(1));
    pair.run(15);
    assertEnd(pair.serverEvents, EndReason.REMOTE, 7);
    pair.link.setConditions(Conditions.delaying(10));
    pair.run(200);
    assertEnd(pair.clientEvents, EndReason.LOCAL, 0);
    pair.assertForgotten();
  }

  @Test
  void messagesCompletedBeforeADisconnectAreDelivered() {
    var peer = pair.connect(1);
    pair.run(1_000);
    peer.send(0, new byte[1], Delivery.RELIABLE);
    handOver();
    peer.disconnectNow(3);
    handOver();
    assertThat(pair.server.peers()).isZero();
    pair.drain();
    assertThat(received()).hasSize(1);
    assertEnd(pair.serverEvents, EndReason.REMOTE, 3);
  }

  @Test
  void nothingIsDeliveredAfterTheApplicationHasDisconnected() {
    var peer = pair.connect(1);
    pair.onServer =
        event -> {
          if (event instanceof EnetEvent.Received got) {
            got.peer().disconnect(1);
          }
        };
    for (int i = 0; i < 5; i++) {
      peer.send(0, new byte[1], Delivery.RELIABLE);
    }
    pair.run(1_000);
    assertThat(received()).hasSize(1);
    pair.assertForgotten();
  }

  @Test
  void simultaneousDisconnectsEndBoth() {
    var peer = pair.connect(1);
    peer.disconnect(1);
    pair.serverPeer().disconnect(2);
    pair.run(1_000);
    assertThat(pair.client.peers() + pair.server.peers()).isZero();
    pair.assertForgotten();
  }

  @Test
  void aPeerThatLeavesTooMuchBehindAGapIsRefusedAndRecovers() {
    var limits =
        new EnetConfig.Limits(
            10, 10, 10, 10, 0, 10, 20_000, 20_000, 100_000, 8 << 20, 100_000, 100);
    pair =
        new EnetPair(
            EnetConfig.DEFAULT, EnetConfig.DEFAULT.withLimits(limits), Conditions.delaying(5), 1);
    var peer = pair.connect(1);
    pair.run(100);
    pair.link.setConditions(Conditions.losing(1));
    peer.send(0, new byte[1], Delivery.RELIABLE);
    pair.drain();
    pair.link.setConditions(Conditions.delaying(5));
    for (int i = 0; i < 100; i++) {
      peer.send(0, new byte[1_000], Delivery.RELIABLE);
    }
    long[] most = {0};
    pair.wiretap = datagram -> most[0] = Math.max(most[0], pair.server.waitingBytes());
    pair.run(5_000);
    assertThat(pair.server.counters().dropped(DropReason.WAITING_DATA)).isPositive();
    assertThat(most[0]).isBetween(19_000L, 24_000L);
    assertThat(received()).hasSize(101);
  }

  @Test
  void aMessageAboveTheLongestIsReportedAtItsFirstFragment() {
    var limits = EnetConfig.Limits.DEFAULT;
    var server =
        new EnetConfig.Limits(
            10, 10, 10, 10, 0, 10, 20_000, 40_000, 100_000, 8 << 20, 100_000, 100);
    for (var delivery : Delivery.values()) {
      for (int length : new int[] {20_001, limits.packetSize()}) {
        pair =
            new EnetPair(
                EnetConfig.DEFAULT.withLimits(limits),
                EnetConfig.DEFAULT.withLimits(server),
                Conditions.delaying(10),
                1);
        var peer = pair.connect(1);
        pair.run(100);
        pair.onServer =
            event -> {
              if (event instanceof EnetEvent.TooLarge) {
                event.peer().disconnectLater(1009);
              }
            };
        peer.send(0, new byte[20_000], delivery);
        peer.send(0, new byte[length], delivery);
        peer.send(0, new byte[1], delivery);
        // One round trip for the report, one and a half for the end.
        pair.run(60);
        assertThat(EnetPair.only(pair.serverEvents, EnetEvent.TooLarge.class))
            .singleElement()
            .satisfies(event -> assertThat(event.length()).isEqualTo(length));
        assertEnd(pair.clientEvents, EndReason.REMOTE, 1009);
        assertThat(received()).hasSize(1);
        assertThat(pair.server.waitingBytes()).isZero();
      }
    }
  }

  @Test
  void noDatagramIsLongerThanTheAgreedMtu() {
    for (var checksum : Feature.values()) {
      pair =
          new EnetPair(
              EnetConfig.DEFAULT.withMtu(576).withChecksum(checksum),
              EnetConfig.DEFAULT,
              Conditions.delaying(10),
              1);
      int[] longest = {0};
      pair.wiretap = datagram -> longest[0] = Math.max(longest[0], datagram.length);
      var peer = pair.connect(1);
      // Small ones fill a datagram to its last byte, fragments are cut to fit.
      for (int length = 1; length < 60; length++) {
        for (int i = 0; i < 40; i++) {
          peer.send(0, new byte[length], Delivery.RELIABLE);
        }
      }
      peer.send(0, new byte[5_000], Delivery.RELIABLE);
      peer.send(0, new byte[5_000], Delivery.UNRELIABLE_FRAGMENTS);
      pair.run(3_000);
      assertThat(longest[0]).isBetween(560, 576);
    }
  }

  @Test
  void theQueueForAPeerThatReadsNothingIsBounded() {
    var peer = pair.connect(1);
    int queued = 0;
    while (peer.send(0, new byte[100_000], Delivery.RELIABLE)) {
      queued++;
    }
    assertThat(queued).isBetween(70, 84);
    assertThatThrownBy(() -> peer.send(0, new byte[(1 << 20) + 1], Delivery.RELIABLE))
        .isInstanceOf(IllegalArgumentException.class);
    peer.reset();
    assertThat(pair.client.queuedCommands()).isZero();
  }

  @Test
  void answersThatPileUpDelayTheMessagesThatAskForThem() {
    var limits = EnetConfig.Limits.DEFAULT;
    var peer = pair.connect(1);
    long[] most = {0};
    pair.onServer =
        event -> {
          if (event instanceof EnetEvent.Received) {
            // Together longer than the message, so that they need more round trips.
            assertThat(event.peer().send(0, new byte[60], Delivery.RELIABLE)).isTrue();
            assertThat(event.peer().send(0, new byte[500], Delivery.RELIABLE)).isTrue();
            most[0] = Math.max(most[0], event.peer().queuedBytes());
          }
        };
    for (int i = 0; i < 40_000; i++) {
      assertThat(peer.send(0, new byte[40], Delivery.RELIABLE)).isTrue();
    }
    pair.runUntil(
        () -> EnetPair.count(pair.clientEvents, EnetEvent.Received.class) == 80_000, 60_000);
    assertThat(pair.clientEvents).hasSize(1 + 80_000);
    assertThat(pair.server.counters().dropped(DropReason.QUEUED_DATA)).isPositive();
    assertThat(most[0]).isBetween(limits.queuedPerPeer() / 2L, limits.queuedPerPeer() * 3L / 4);
  }

  @Test
  void theByteWindowHolds() {
    pair =
        new EnetPair(
            EnetConfig.DEFAULT,
            EnetConfig.DEFAULT.withBandwidth(65_536, 0),
            Conditions.delaying(100),
            1);
    var peer = pair.connect(1);
    pair.run(500);
    for (int i = 0; i < 50; i++) {
      peer.send(0, new byte[500], Delivery.RELIABLE);
    }
    pair.drain();
    assertThat(peer.output().bytesInFlight()).isEqualTo(4_000);
    pair.run(5_000);
    assertThat(received()).hasSize(50);
  }

  @Test
  void aLimitedHostSharesItsBandwidth() {
    pair =
        new EnetPair(
            EnetConfig.DEFAULT,
            EnetConfig.DEFAULT.withBandwidth(50_000, 100_000),
            Conditions.delaying(10),
            1);
    var peer = pair.connect(1);
    pair.run(2_500);
    var server = pair.serverPeer();
    assertThat(peer.bandwidth().incoming()).isEqualTo(50_000);
    assertThat(peer.bandwidth().outgoing()).isEqualTo(100_000);
    for (int i = 0; i < 50; i++) {
      for (int j = 0; j < 40; j++) {
        server.send(0, new byte[1_000], Delivery.UNRELIABLE);
      }
      pair.run(100);
    }
    // Four times what the host may send: about a quarter of the unreliable messages goes out.
    assertThat(server.roundTrip().throttle()).isLessThanOrEqualTo(10);
    int arrived = EnetPair.count(pair.clientEvents, EnetEvent.Received.class);
    assertThat(arrived).isBetween(300, 1_200);
  }

  @Test
  void theLimitOfAPeerThrottlesMessagesToIt() {
    pair =
        new EnetPair(
            EnetConfig.DEFAULT.withBandwidth(20_000, 0),
            EnetConfig.DEFAULT,
            Conditions.delaying(10),
            1);
    pair.connect(1);
    var server = pair.serverPeer();
    for (int i = 0; i < 30; i++) {
      for (int j = 0; j < 10; j++) {
        server.send(0, new byte[1_000], Delivery.UNRELIABLE);
      }
      pair.run(100);
    }
    assertThat(server.roundTrip().throttle()).isLessThanOrEqualTo(8);
  }

  @Test
  void growingDelayThinsOutUnreliableMessages() {
    var peer = pair.connect(1);
    pair.run(12_000);
    pair.link.setConditions(Conditions.delaying(400));
    int lowest = 32;
    for (int i = 0; i < 100; i++) {
      peer.send(0, new byte[10], Delivery.UNRELIABLE);
      peer.send(0, new byte[10], Delivery.RELIABLE);
      pair.run(50);
      lowest = Math.min(lowest, peer.roundTrip().throttle());
    }
    assertThat(lowest).isLessThan(10);
    int lossy = 0;
    for (var got : received()) {
      lossy += got.delivery() == Delivery.UNRELIABLE ? 1 : 0;
    }
    assertThat(lossy).isLessThan(90);

    peer.configureThrottle(1_000, 32, 0);
    pair.link.setConditions(Conditions.delaying(10));
    pair.run(20_000);
    assertThat(peer.roundTrip().throttle()).isEqualTo(32);
  }

  @Test
  void anImpossibleConfigurationNamesItsComponent() {
    assertThatThrownBy(() -> EnetConfig.DEFAULT.withMtu(500)).hasMessageContaining("mtu");
    assertThatThrownBy(() -> EnetConfig.DEFAULT.withChannels(256)).hasMessageContaining("channels");
    assertThatThrownBy(
            () ->
                new EnetConfig.Timing(
                    Duration.ZERO,
                    32,
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(30),
                    Duration.ofMillis(20),
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(60)))
        .hasMessageContaining("timing.pingInterval");
  }

  /** Passes all datagrams of the client to the server at once. */
  private void handOver() {
    for (Transmit out; (out = pair.client.pollTransmit(pair.now)) != null; ) {
      pair.server.receive(out.datagram(), EnetPair.CLIENT, pair.now);
      out.datagram().release();
    }
  }

  private List<EnetEvent.Received> received() {
    return EnetPair.only(pair.serverEvents, EnetEvent.Received.class);
  }

  private static void assertEnd(List<EnetEvent> events, EndReason reason, int data) {
    assertThat(EnetPair.only(events, EnetEvent.Disconnected.class))
        .singleElement()
        .satisfies(
            end -> {
              assertThat(end.reason()).isEqualTo(reason);
              assertThat(end.data()).isEqualTo(data);
            });
  }
}

package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Tests core against core over bad networks; the seed is the repetition. */
class EnetLossyLinkTest {
  private static final int CHANNELS = 3;
  private static final List<Delivery> DELIVERIES = List.of(Delivery.values());

  /** With 40 % loss each way, five seconds without an acknowledgement are not rare. */
  private static final EnetConfig PATIENT =
      EnetConfig.DEFAULT.withTiming(
          new EnetConfig.Timing(
              Duration.ofMillis(500),
              1 << 20,
              Duration.ofSeconds(50),
              Duration.ofSeconds(60),
              Duration.ofMillis(20),
              Duration.ofSeconds(2),
              Duration.ofSeconds(20),
              Duration.ofSeconds(60)));

  @RepeatedTest(1200)
  void everyPromiseHoldsOnABadNetwork(RepetitionInfo seed) {
    var random = new SplittableRandom(seed.getCurrentRepetition());
    exchange(PATIENT, SimulatedLink.Conditions.of(random, 0), random, seed.getCurrentRepetition());
  }

  @RepeatedTest(300)
  void everyPromiseHoldsOnADamagingNetworkWithChecksums(RepetitionInfo seed) {
    var random = new SplittableRandom(1_000_000L + seed.getCurrentRepetition());
    var config = PATIENT.withChecksum(Feature.ON);
    if (random.nextBoolean()) {
      config = config.withCompression(Feature.ON);
    }
    exchange(config, SimulatedLink.Conditions.of(random, 0.1), random, seed.getCurrentRepetition());
  }

  @RepeatedTest(300)
  void everyPromiseHoldsWithCompression(RepetitionInfo seed) {
    var random = new SplittableRandom(2_000_000L + seed.getCurrentRepetition());
    exchange(
        PATIENT.withCompression(Feature.ON).withMtu(576 + random.nextInt(1000)),
        SimulatedLink.Conditions.of(random, 0),
        random,
        seed.getCurrentRepetition());
  }

  @RepeatedTest(300)
  void damageWithoutChecksumsIsSurvived(RepetitionInfo seed) {
    var random = new SplittableRandom(3_000_000L + seed.getCurrentRepetition());
    var pair =
        new EnetPair(
            EnetConfig.DEFAULT,
            SimulatedLink.Conditions.of(random, 0.3),
            seed.getCurrentRepetition());
    var peer = pair.connect(CHANNELS);
    for (int i = 0; i < 40 && peer.isConnected(); i++) {
      peer.send(0, new byte[random.nextInt(3000)], DELIVERIES.get(random.nextInt(4)));
      pair.run(random.nextInt(20));
    }
    peer.reset();
    pair.link.setConditions(SimulatedLink.Conditions.PERFECT);
    pair.assertForgotten();
  }

  private static void exchange(
      EnetConfig config, SimulatedLink.Conditions conditions, SplittableRandom random, long seed) {
    var pair = new EnetPair(config, conditions, seed);
    var client = pair.connect(CHANNELS);
    assertThat(client.isConnected()).isTrue();
    var server = pair.serverPeer();

    int[] fromClient = new int[CHANNELS];
    int[] fromServer = new int[CHANNELS];
    int messages = 10 + random.nextInt(40);
    for (int i = 0; i < messages; i++) {
      send(client, fromClient, i, random);
      send(server, fromServer, i, random);
      if (random.nextInt(3) == 0) {
        pair.run(random.nextInt(50));
      }
    }
    boolean done =
        pair.runUntil(
            () ->
                pair.client.queuedCommands() == 0
                    && pair.server.queuedCommands() == 0
                    && countReliable(pair.serverEvents) == sum(fromClient)
                    && countReliable(pair.clientEvents) == sum(fromServer),
            300_000);
    assertThat(done).as("%s %s", client, server).isTrue();
    verify(pair.serverEvents, fromClient);
    verify(pair.clientEvents, fromServer);

    client.disconnect(9);
    assertThat(pair.runUntil(() -> pair.client.peers() + pair.server.peers() == 0, 300_000))
        .isTrue();
    assertThat(EnetPair.only(pair.serverEvents, EnetEvent.Disconnected.class))
        .singleElement()
        .satisfies(
            end -> {
              assertThat(end.reason()).isEqualTo(EndReason.REMOTE);
              assertThat(end.data()).isEqualTo(9);
            });
    pair.link.setConditions(SimulatedLink.Conditions.PERFECT);
    pair.assertForgotten();
  }

  private static void send(EnetPeer peer, int[] reliable, int number, SplittableRandom random) {
    int channel = random.nextInt(CHANNELS);
    var delivery = DELIVERIES.get(random.nextInt(4));
    // Only fragments of the last kind stay unreliable when they are many.
    int most =
        delivery == Delivery.RELIABLE || delivery == Delivery.UNRELIABLE_FRAGMENTS ? 9000 : 400;
    int length = 12 + (random.nextInt(5) == 0 ? random.nextInt(most) : random.nextInt(100));
    var payload = ByteBuffer.allocate(length);
    payload.putInt(delivery == Delivery.RELIABLE ? reliable[channel]++ : number);
    payload.putInt(length);
    for (int i = 8; i < length; i++) {
      payload.put(i, (byte) (i * 7));
    }
    assertThat(peer.send(channel, payload.array(), delivery)).isTrue();
  }

  private static int countReliable(List<EnetEvent> events) {
    int count = 0;
    for (var event : events) {
      if (event instanceof EnetEvent.Received got && got.delivery() == Delivery.RELIABLE) {
        count++;
      }
    }
    return count;
  }

  private static int sum(int[] numbers) {
    int sum = 0;
    for (int number : numbers) {
      sum += number;
    }
    return sum;
  }

  /** Asserts reliable messages complete and in order; unreliable ones whole, once and in order. */
  private static void verify(List<EnetEvent> events, int[] reliable) {
    int[] next = new int[CHANNELS];
    int[] lastUnreliable = {-1, -1, -1};
    var unsequenced = new java.util.HashSet<Integer>();
    for (var got : EnetPair.only(events, EnetEvent.Received.class)) {
      var payload = ByteBuffer.wrap(got.payload());
      int number = payload.getInt();
      assertThat(payload.getInt()).isEqualTo(got.payload().length);
      for (int i = 8; i < got.payload().length; i++) {
        assertThat(payload.get(i) == (byte) (i * 7)).isTrue();
      }
      switch (got.delivery()) {
        case RELIABLE -> assertThat(number).isEqualTo(next[got.channel()]++);
        case UNSEQUENCED -> assertThat(unsequenced.add(number)).isTrue();
        case UNRELIABLE, UNRELIABLE_FRAGMENTS -> {
          assertThat(number).isGreaterThan(lastUnreliable[got.channel()]);
          lastUnreliable[got.channel()] = number;
        }
      }
    }
    assertThat(next).isEqualTo(reliable);
  }
}

package io.linkspan.protocol.enet;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * Simulates a network between two hosts in virtual time: loss, delay, reordering, duplication,
 * damage.
 */
final class SimulatedLink {

  /**
   * Properties of the network.
   *
   * @param delay milliseconds one way
   * @param jitter up to this many milliseconds more for each datagram, which reorders them
   */
  record Conditions(double loss, int delay, int jitter, double duplication, double corruption) {
    static final Conditions PERFECT = new Conditions(0, 0, 0, 0, 0);

    static Conditions losing(double loss) {
      return new Conditions(loss, 5, 0, 0, 0);
    }

    static Conditions delaying(int delay) {
      return new Conditions(0, delay, 0, 0, 0);
    }

    /** Anything up to 40 % loss. */
    static Conditions of(SplittableRandom random, double corruption) {
      return new Conditions(
          random.nextDouble(0.4),
          random.nextInt(100),
          1 + random.nextInt(80),
          random.nextDouble(0.2),
          corruption);
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Flight(long arrival, long order, boolean toServer, byte[] datagram) {}

  private final PriorityQueue<Flight> flights =
      new PriorityQueue<>(
          Comparator.comparingLong(Flight::arrival).thenComparingLong(Flight::order));
  private final SplittableRandom random;
  private Conditions conditions;
  private long order;

  SimulatedLink(Conditions conditions, long seed) {
    this.conditions = conditions;
    random = new SplittableRandom(seed);
  }

  void setConditions(Conditions conditions) {
    this.conditions = conditions;
  }

  void send(boolean toServer, byte[] datagram, long now) {
    int copies = random.nextDouble() < conditions.duplication ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      if (random.nextDouble() >= conditions.loss) {
        long arrival =
            now
                + conditions.delay
                + (conditions.jitter == 0 ? 0 : random.nextInt(conditions.jitter));
        flights.add(new Flight(arrival, order++, toServer, damaged(datagram)));
      }
    }
  }

  private byte[] damaged(byte[] datagram) {
    if (conditions.corruption == 0 || random.nextDouble() >= conditions.corruption) {
      return datagram;
    }
    byte[] result = datagram.clone();
    for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
      result[random.nextInt(result.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return result;
  }

  long nextArrival() {
    return flights.isEmpty() ? Long.MAX_VALUE : flights.peek().arrival;
  }

  Flight poll(long now) {
    return nextArrival() <= now ? flights.poll() : null;
  }
}

package io.linkspan.protocol.enet;

import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** A network between two hosts in virtual time: it loses, delays, reorders, doubles and damages. */
final class SimulatedLink {

  /**
   * What the network does to a datagram.
   *
   * @param delay milliseconds one way
   * @param jitter up to so many milliseconds more, each datagram for itself: they overtake
   */
  record Weather(double loss, int delay, int jitter, double duplication, double corruption) {
    static final Weather FAIR = new Weather(0, 0, 0, 0, 0);

    static Weather losing(double loss) {
      return new Weather(loss, 5, 0, 0, 0);
    }

    static Weather delaying(int delay) {
      return new Weather(0, delay, 0, 0, 0);
    }

    /** Anything up to 40 % loss. */
    static Weather of(SplittableRandom random, double corruption) {
      return new Weather(
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
  private Weather weather;
  private long order;

  SimulatedLink(Weather weather, long seed) {
    this.weather = weather;
    random = new SplittableRandom(seed);
  }

  void setWeather(Weather weather) {
    this.weather = weather;
  }

  void send(boolean toServer, byte[] datagram, long now) {
    int copies = random.nextDouble() < weather.duplication ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      if (random.nextDouble() >= weather.loss) {
        long arrival =
            now + weather.delay + (weather.jitter == 0 ? 0 : random.nextInt(weather.jitter));
        flights.add(new Flight(arrival, order++, toServer, damaged(datagram)));
      }
    }
  }

  private byte[] damaged(byte[] datagram) {
    if (weather.corruption == 0 || random.nextDouble() >= weather.corruption) {
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

package io.linkspan.protocol.enet;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many CONNECTs per second each network may send, and as many at once after a second of rest
 * (§18). A datagram's address can be forged, so a flood in the name of one network holds up those
 * who connect from there, and nobody else: of the networks seen only the latest are remembered, and
 * a flood in the name of many makes the limit forget rather than grow.
 */
final class ConnectRate {
  private static final long MILLISECOND = 1_000;
  private static final long SECOND = 1_000 * MILLISECOND;

  /** Microseconds in which an allowance grows by one CONNECT; 0 is no limit. */
  private final long interval;

  private final int networks;

  /** By network, when its allowance is whole again; each CONNECT puts that off by an interval. */
  private final Map<Long, Long> wholeAt =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
          return size() > networks;
        }
      };

  /**
   * @param perSecond 0 is no limit, and so are in effect a million and more
   * @param networks most that are remembered
   */
  ConnectRate(int perSecond, int networks) {
    interval = perSecond == 0 ? 0 : Math.max(1, SECOND / perSecond);
    this.networks = networks;
  }

  /** Whether a CONNECT from this address may be looked at. */
  boolean admits(PeerAddress address, long now) {
    if (interval == 0) {
      return true;
    }
    long time = now * MILLISECOND;
    long whole = Math.max(time, wholeAt.getOrDefault(address.neighbourhood(), time));
    if (whole - time > SECOND - interval) {
      return false;
    }
    wholeAt.put(address.neighbourhood(), whole + interval);
    return true;
  }

  /** Networks that are remembered. */
  int size() {
    return wholeAt.size();
  }
}

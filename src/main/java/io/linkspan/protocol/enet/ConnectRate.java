package io.linkspan.protocol.enet;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Limits the CONNECTs per second of each network; after a second of rest as many are admitted at
 * once (§18). Addresses can be forged, so a flood that names one network delays clients of that
 * network, and no others. Only the latest networks are remembered: a flood that names many makes
 * the limit forget, not grow.
 */
final class ConnectRate {
  private static final long MILLISECOND = 1_000;
  private static final long SECOND = 1_000 * MILLISECOND;

  /** Microseconds in which an allowance grows by one CONNECT; 0 is no limit. */
  private final long interval;

  private final int networks;

  /** By network, when its allowance is full again; each CONNECT delays that by an interval. */
  private final Map<Long, Long> wholeAt =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Long> eldest) {
          return size() > networks;
        }
      };

  /**
   * @param perSecond 0 is no limit, and so in effect are a million and more
   * @param networks largest number of networks that are remembered
   */
  ConnectRate(int perSecond, int networks) {
    interval = perSecond == 0 ? 0 : Math.max(1, SECOND / perSecond);
    this.networks = networks;
  }

  /** Whether a CONNECT of this address may be handled. */
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

  /** Number of networks that are remembered. */
  int size() {
    return wholeAt.size();
  }
}

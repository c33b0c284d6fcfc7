package io.linkspan.protocol.socketio;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers for a while which namespaces one client is no longer in. Packets that the client sent
 * before it read of that are not its fault.
 */
final class LeftNamespaces {

  private static final long LASTS_MS = 10_000;

  private final int max;

  /** The end of the time of each, the oldest first; null until the client leaves one. */
  private Map<String, Long> until;

  /**
   * @param max number of namespaces that are remembered
   */
  LeftNamespaces(int max) {
    this.max = max;
  }

  void add(String namespace, long now) {
    if (until == null) {
      until = new LinkedHashMap<>(2);
    }
    until.values().removeIf(end -> now >= end);
    if (until.size() >= max) {
      until.remove(until.keySet().iterator().next());
    }
    until.put(namespace, now + LASTS_MS);
  }

  void remove(String namespace) {
    if (until != null) {
      until.remove(namespace);
    }
  }

  boolean contains(String namespace, long now) {
    Long end = until == null ? null : until.get(namespace);
    return end != null && now < end;
  }
}

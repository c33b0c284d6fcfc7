package io.linkspan.testing;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Counts the Messages of each sender that a client has received after a later one. */
final class MessageOrder {

  private final Map<String, Integer> last = new HashMap<>();
  private final Map<String, Integer> late = new HashMap<>();

  /** Adds a Message, whose eventId is its sender and a number that grows. */
  void add(String eventId) {
    String[] parts = eventId.split("-", 2);
    int number = Integer.parseInt(parts[1]);
    if (number < last.getOrDefault(parts[0], 0)) {
      late.merge(parts[0], 1, Integer::sum);
    }
    last.merge(parts[0], number, Math::max);
  }

  /** Returns how many Messages of these senders were late. */
  int late(Set<String> senders) {
    return senders.stream().mapToInt(sender -> late.getOrDefault(sender, 0)).sum();
  }
}

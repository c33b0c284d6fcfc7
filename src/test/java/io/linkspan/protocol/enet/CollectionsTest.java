package io.linkspan.protocol.enet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Compares the collections of the core with those of the JDK. */
class CollectionsTest {
  private record Entry(int sequence) implements SequenceMap.Numbered {}

  @RepeatedTest(50)
  void aSequenceMapIsAMap(RepetitionInfo seed) {
    var random = new SplittableRandom(seed.getCurrentRepetition());
    var map = new SequenceMap<Entry>();
    Map<Integer, Entry> expected = new HashMap<>();
    int range = 1 << random.nextInt(2, 17);
    for (int i = 0; i < 5_000; i++) {
      int sequence = random.nextInt(range);
      if (random.nextBoolean() && !expected.containsKey(sequence)) {
        var entry = new Entry(sequence);
        map.put(entry);
        expected.put(sequence, entry);
      } else {
        assertThat(map.get(sequence)).isSameAs(expected.get(sequence));
        assertThat(map.remove(sequence)).isSameAs(expected.remove(sequence));
      }
      assertThat(map.size()).isEqualTo(expected.size());
    }
    expected.forEach((sequence, entry) -> assertThat(map.get(sequence)).isSameAs(entry));
  }

  @RepeatedTest(20)
  void aDeadlineHeapWakesInOrderAndNeverLate(RepetitionInfo seed) {
    var random = new SplittableRandom(seed.getCurrentRepetition());
    var heap = new DeadlineHeap();
    List<Endpoint> endpoints = new ArrayList<>();
    Map<Endpoint, Long> due = new HashMap<>();
    for (int i = 0; i < 300; i++) {
      endpoints.add(endpoint(i, i));
    }
    for (int i = 0; i < 5_000; i++) {
      var endpoint = endpoints.get(random.nextInt(endpoints.size()));
      if (random.nextInt(4) == 0) {
        heap.remove(endpoint);
        due.remove(endpoint);
      } else {
        long when = random.nextInt(100_000);
        heap.schedule(endpoint, when);
        due.merge(endpoint, when, Math::min);
      }
    }
    long last = 0;
    while (heap.next() != Endpoint.NEVER) {
      long next = heap.next();
      assertThat(heap.poll(next - 1)).isNull();
      assertThat(due.remove(heap.poll(next))).isEqualTo(next);
      assertThat(next).isGreaterThanOrEqualTo(last);
      last = next;
    }
    assertThat(due).isEmpty();
  }

  @Test
  void anEndpointTableFindsByBothIdsAndForgets() {
    var table = new EndpointTable(99);
    List<Endpoint> endpoints = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      var endpoint = endpoint(i, i % 4_000);
      endpoint.link.outgoingPeerId = i % 3;
      endpoints.add(endpoint);
      table.add(endpoint);
    }
    for (int i = 0; i < 5_000; i += 2) {
      table.remove(endpoints.get(i));
    }
    assertThat(table.size()).isEqualTo(2_500);
    for (int i = 0; i < 5_000; i++) {
      var endpoint = endpoints.get(i);
      boolean kept = i % 2 == 1;
      assertThat(table.find(endpoint.link.address, endpoint.link.incomingPeerId))
          .isSameAs(kept ? endpoint : null);
      boolean found = false;
      for (var other = table.firstOfOrigin(endpoint.link.address, endpoint.link.outgoingPeerId);
          other != null;
          other = EndpointTable.nextOfOrigin(other)) {
        assertThat(other.link.address).isEqualTo(endpoint.link.address);
        found |= other == endpoint;
      }
      assertThat(found).isEqualTo(kept);
    }
  }

  @Test
  void anUnsequencedWindowAdmitsEveryGroupOnce() {
    var window = new UnsequencedWindow();
    for (int round = 0; round < 3; round++) {
      for (int group = 0; group < 0x10000; group++) {
        assertThat(window.admits(group)).isTrue();
        assertThat(window.admits(group)).isFalse();
      }
    }
    // Far behind.
    assertThat(window.admits(0)).isTrue();
    assertThat(window.admits(40_000)).isFalse();
  }

  private static Endpoint endpoint(int number, int id) {
    var address = PeerAddress.ipv4(number / 7, number % 7, null);
    var link = new PeerLink(address, id, number);
    return new Departed(link, new TransmitQueue(), new EnetCounters(), 0);
  }
}

package io.linkspan.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PendingLinksTest {

  private static final long START = 1_000_000;
  private static final long LATER = START + PendingLinks.LEAST_TIME;

  private final PendingLinks links =
      new PendingLinks(() -> new LimitsConfig.Pending(5, 3, Duration.ofSeconds(20)));
  private final List<String> ended = new ArrayList<>();

  private PendingLinks.Link enter(String address, String name, long now) {
    return links.enter(address, () -> ended.add(name), now);
  }

  @Test
  void anAddressHasItsOwnLimit() {
    for (int i = 0; i < 3; i++) {
      assertThat(enter("10.0.0.1", "a" + i, START)).isNotNull();
    }
    assertThat(enter("10.0.0.1", "refused", LATER - 1)).isNull();
    assertThat(enter("10.0.0.2", "b", LATER - 1)).isNotNull();
    assertThat(ended).isEmpty();
    assertThat(links.size()).isEqualTo(4);
    assertThat(links.givenUp()).isEqualTo(1);
  }

  @Test
  void theOldestOfTheAddressGivesWayWhenItHasHadItsTime() {
    assertThat(enter("10.0.0.2", "b", START - 1)).isNotNull();
    for (int i = 0; i < 3; i++) {
      assertThat(enter("10.0.0.1", "a" + i, START + i)).isNotNull();
    }
    assertThat(enter("10.0.0.1", "new", LATER)).isNotNull();
    assertThat(ended).containsExactly("a0");
    assertThat(enter("10.0.0.1", "refused", LATER)).isNull();
    assertThat(enter("10.0.0.1", "next", LATER + 1)).isNotNull();
    assertThat(ended).containsExactly("a0", "a1");
  }

  @Test
  void theOldestOfAllGivesWayWhenTheNodeIsFull() {
    for (int i = 0; i < 5; i++) {
      assertThat(enter("10.0.0." + i, "a" + i, START + i)).isNotNull();
    }
    assertThat(enter("10.0.0.9", "refused", LATER - 1)).isNull();
    assertThat(enter("10.0.0.9", "new", LATER)).isNotNull();
    assertThat(ended).containsExactly("a0");
    assertThat(links.size()).isEqualTo(5);
  }

  @Test
  void aLinkThatHasJoinedIsNotCounted() {
    List<PendingLinks.Link> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(enter("10.0.0.1", "a" + i, START));
    }
    all.get(1).leave();
    all.get(1).leave();
    assertThat(links.size()).isEqualTo(2);
    assertThat(enter("10.0.0.1", "new", START)).isNotNull();
    assertThat(enter("10.0.0.1", "refused", START)).isNull();
    assertThat(enter("10.0.0.1", "newest", LATER)).isNotNull();
    assertThat(ended).containsExactly("a0");
    all.get(0).leave();
    assertThat(links.size()).isEqualTo(3);
  }

  @Test
  void anIpv6HostIsOneNetwork() {
    for (int i = 0; i < 3; i++) {
      assertThat(enter("2001:db8:0:1:0:0:0:" + i, "a" + i, START)).isNotNull();
    }
    assertThat(enter("2001:db8:0:1:ffff:0:0:1", "refused", START)).isNull();
    assertThat(enter("2001:db8:0:2:0:0:0:1", "b", START)).isNotNull();
    assertThat(enter("0:0:0:0:0:0:0:1%lo", "zone", START)).isNotNull();
  }
}

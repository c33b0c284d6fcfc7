package io.linkspan.ban;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.admission.Identity;
import io.linkspan.admission.Offence;
import io.linkspan.listener.AddressRange;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BansTest {

  private static final Identity ALICE = new Identity("alice", false);
  private static final Identity NOBODY = new Identity("anonymous-1", true);
  private static final String HOST = "192.0.2.1";

  private final MeterRegistry registry = new SimpleMeterRegistry();
  private final List<Ban> begun = new ArrayList<>();
  private long now = 1_000;

  private Bans bans(BanConfig.Mode mode, boolean verifies) {
    return new Bans(
        new BanConfig(
            mode,
            Duration.ofMinutes(1),
            Map.of(Offence.CONNECT, 3, Offence.FORBIDDEN, 3, Offence.UNAUTHENTICATED, 3),
            Duration.ofSeconds(10),
            2,
            Duration.ofHours(1),
            Duration.ofMinutes(10),
            List.of(AddressRange.parse("10.0.0.0/8"))),
        List.of(AddressRange.parse("203.0.113.7")),
        verifies,
        () -> now,
        begun::add,
        registry);
  }

  private double counter(String name, String... tags) {
    return registry.get(name).tags(tags).counter().count();
  }

  @Test
  void addressThatConnectsTooOftenIsRefusedForAGrowingTime() {
    Bans bans = bans(BanConfig.Mode.ON, false);
    for (int i = 0; i < 3; i++) {
      assertThat(bans.connect(HOST)).isZero();
    }
    assertThat(bans.connect(HOST)).isEqualTo(10_000);
    now += 4_000;
    assertThat(bans.connect(HOST)).isEqualTo(6_000);
    assertThat(bans.connect("192.0.2.2")).isZero();
    assertThat(begun)
        .containsExactly(
            new Ban(new Offender(Offender.Kind.ADDRESS, HOST + "/32"), Offence.CONNECT, 1, 10_000));
    assertThat(counter("linkspan.offences", "offence", "connect")).isEqualTo(6);
    assertThat(counter("linkspan.bans", "offence", "connect", "mode", "on")).isEqualTo(1);
    assertThat(counter("linkspan.bans.refused", "mode", "on")).isEqualTo(2);
    assertThat(registry.get("linkspan.bans.active").tag("client", "address").gauge().value())
        .isEqualTo(1);
  }

  @Test
  void userCountsUnderTheVerifiedNameAndNotUnderTheAddress() {
    Bans bans = bans(BanConfig.Mode.ON, true);
    for (int i = 0; i < 3; i++) {
      assertThat(bans.connect(HOST)).isZero();
      assertThat(bans.identified(HOST, ALICE)).isZero();
    }
    assertThat(bans.connect(HOST)).isZero();
    assertThat(bans.identified(HOST, ALICE)).isEqualTo(10_000);
    assertThat(begun.get(0).offender()).isEqualTo(new Offender(Offender.Kind.USER, "alice"));
    // From another address too, while others behind the same address are welcome.
    assertThat(bans.identified("192.0.2.2", ALICE)).isPositive();
    assertThat(bans.connect(HOST)).isZero();
    assertThat(bans.identified(HOST, new Identity("bob", false))).isZero();
  }

  @Test
  void forbiddenMessagesOfAUserDoNotBanTheAddress() {
    Bans bans = bans(BanConfig.Mode.ON, true);
    for (int i = 0; i < 100; i++) {
      bans.count(Offence.FORBIDDEN, HOST, ALICE);
    }
    assertThat(bans.connect(HOST)).isZero();
    assertThat(bans.identified(HOST, ALICE)).isPositive();
  }

  @Test
  void nobodyBansAnotherUserByItsName() {
    Bans claimed = bans(BanConfig.Mode.ON, false);
    for (int i = 0; i < 100; i++) {
      claimed.count(Offence.FORBIDDEN, HOST, ALICE);
      claimed.identified(HOST, ALICE);
    }
    assertThat(claimed.identified("192.0.2.2", ALICE)).isZero();
    assertThat(claimed.connect(HOST)).isPositive();
  }

  @Test
  void failedAuthenticationsBanTheAddressOnly() {
    Bans bans = bans(BanConfig.Mode.ON, true);
    for (int i = 0; i < 100; i++) {
      bans.count(Offence.UNAUTHENTICATED, HOST, null);
    }
    assertThat(bans.connect(HOST)).isPositive();
    assertThat(bans.identified("192.0.2.2", ALICE)).isZero();
  }

  @Test
  void anonymousClientsCountUnderTheirAddress() {
    Bans bans = bans(BanConfig.Mode.ON, true);
    for (int i = 0; i < 3; i++) {
      assertThat(bans.connect(HOST)).isZero();
      assertThat(bans.identified(HOST, NOBODY)).isZero();
    }
    assertThat(bans.connect(HOST)).isPositive();
  }

  @Test
  void exemptNetworksAndProxiesAreNeverBanned() {
    Bans bans = bans(BanConfig.Mode.ON, false);
    for (int i = 0; i < 100; i++) {
      assertThat(bans.connect("10.1.2.3")).isZero();
      assertThat(bans.connect("203.0.113.7")).isZero();
      assertThat(bans.count(Offence.FORBIDDEN, "", null)).isZero();
    }
    assertThat(begun).isEmpty();
    assertThat(counter("linkspan.offences", "offence", "connect")).isEqualTo(200);
  }

  @Test
  void addressesOfOneNetworkOfIpv6AreOneClient() {
    Bans bans = bans(BanConfig.Mode.ON, false);
    for (int i = 0; i < 3; i++) {
      assertThat(bans.connect("2001:db8:0:1::" + i)).isZero();
    }
    assertThat(bans.connect("2001:db8:0:1:ffff::9")).isPositive();
    assertThat(bans.connect("2001:db8:0:2::1")).isZero();
  }

  @Test
  void bannedClientThatHammersIsDroppedWithoutAnAnswer() {
    Bans bans = bans(BanConfig.Mode.ON, false);
    for (int i = 0; i < 100; i++) {
      assertThat(bans.isDropped(HOST)).isFalse();
    }
    for (int i = 0; i < 4; i++) {
      bans.connect(HOST);
    }
    for (int i = 0; i < 5; i++) {
      assertThat(bans.isDropped(HOST)).isFalse();
    }
    assertThat(bans.isDropped(HOST)).isTrue();
    assertThat(bans.isDropped("192.0.2.2")).isFalse();
    assertThat(bans.isDropped("10.1.2.3")).isFalse();
  }

  @Test
  void dryRunCountsAndRefusesNobody() {
    Bans bans = bans(BanConfig.Mode.DRY_RUN, true);
    for (int i = 0; i < 100; i++) {
      assertThat(bans.connect(HOST)).isZero();
      assertThat(bans.count(Offence.FORBIDDEN, HOST, ALICE)).isZero();
      assertThat(bans.identified("192.0.2.2", ALICE)).isZero();
      assertThat(bans.isDropped(HOST)).isFalse();
    }
    assertThat(begun).isEmpty();
    assertThat(counter("linkspan.bans", "offence", "connect", "mode", "dry-run")).isEqualTo(1);
    assertThat(counter("linkspan.bans", "offence", "forbidden", "mode", "dry-run")).isEqualTo(1);
    assertThat(counter("linkspan.bans.refused", "mode", "dry-run")).isPositive();
    assertThat(registry.get("linkspan.bans.active").tag("client", "user").gauge().value())
        .isEqualTo(1);
  }

  @Test
  void banOfAnotherNodeHoldsUntilItIsLifted() {
    Bans bans = bans(BanConfig.Mode.ON, true);
    var alice = new Offender(Offender.Kind.USER, "alice");
    bans.adopt(alice, 20_000, 15_000);
    assertThat(bans.identified(HOST, ALICE)).isEqualTo(15_000);
    bans.lift(alice);
    assertThat(bans.identified(HOST, ALICE)).isZero();
    assertThat(begun).isEmpty();
  }
}

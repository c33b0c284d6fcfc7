package io.linkspan.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.linkspan.admission.Identity;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Kind;
import io.linkspan.api.Revocation.Source;
import io.linkspan.api.RevocationPage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RevocationListTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final long NOW = START.toEpochMilli();
  private static final long HOUR = Duration.ofHours(1).toMillis();

  private final RevocationList list = new RevocationList(() -> 100);

  @Test
  void aTokenIsRefusedUntilItsEnd() {
    list.put(entry(Revocation.ofToken("t1").endingAt(START.plusSeconds(10))));
    assertThat(list.find("alice", "t1", NOW, NOW + 9_999).kind()).isEqualTo(Kind.TOKEN);
    assertThat(list.find("alice", "t1", NOW, NOW + 10_000)).isNull();
    assertThat(list.find("alice", "t2", NOW, NOW)).isNull();
    assertThat(list.find("alice", null, NOW, NOW)).isNull();
  }

  @Test
  void theTokensOfAUserAreRefusedIfTheyWereIssuedBefore() {
    list.put(entry(Revocation.ofTokens("alice")));
    assertThat(list.find("alice", "t1", NOW - 1, NOW).kind()).isEqualTo(Kind.TOKENS);
    assertThat(list.find("alice", "t1", NOW, NOW)).isNull();
    assertThat(list.find("bob", "t1", NOW - 1, NOW)).isNull();
  }

  @Test
  void aTokenThatDoesNotSayWhenItWasIssuedCountsAsOld() {
    list.put(entry(Revocation.ofTokens("alice")));
    assertThat(list.find("alice", "t1", 0, NOW)).isNotNull();
  }

  @Test
  void aUserIsRefusedWithAnyToken() {
    list.put(entry(Revocation.ofUser("alice").endingAt(START.plusSeconds(10))));
    assertThat(list.find(new Identity("alice", false), NOW).kind()).isEqualTo(Kind.USER);
    assertThat(list.find(new Identity("bob", false), NOW)).isNull();
    assertThat(list.find(new Identity("alice", false), NOW + 10_000)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "192.0.2.0/24, 192.0.2.255, true",
    "192.0.2.0/24, 192.0.3.0, false",
    "192.0.2.1, 192.0.2.1, true",
    "192.0.2.1, 192.0.2.2, false",
    "192.0.2.0/24, ::ffff:192.0.2.1, true",
    "2001:db8:1:2::/64, 2001:db8:1:2:3::4, true",
    "2001:db8:1:2::/64, 2001:db8:1:3::, false",
    "0.0.0.0/0, 192.0.2.1, true",
    "0.0.0.0/0, ::1, false",
    "::/0, 192.0.2.1, false",
    "10.128.0.0/9, 10.200.1.1, true",
    "10.128.0.0/9, 10.127.1.1, false",
    "192.0.2.0/24, unknown, false",
  })
  void aNetworkIsRefusedWithItsAddresses(String network, String address, boolean refused) {
    list.put(entry(Revocation.ofNetwork(network).endingAt(START.plusSeconds(10))));
    assertThat(list.findNetwork(address, NOW) != null).isEqualTo(refused);
    assertThat(list.findNetwork(address, NOW + 10_000)).isNull();
  }

  @Test
  void aSmallerNetworkThatEndsEarlierDoesNotEndTheLargerOne() {
    list.put(entry(Revocation.ofNetwork("10.0.0.0/8").endingAt(START.plusSeconds(20))));
    Revocation small = entry(Revocation.ofNetwork("10.1.1.1").endingAt(START.plusSeconds(10)));
    list.put(small);
    assertThat(list.findNetwork("10.1.1.1", NOW + 15_000).value()).isEqualTo("10.0.0.0/8");
    list.remove(small.id());
    assertThat(list.findNetwork("10.1.1.1", NOW).value()).isEqualTo("10.0.0.0/8");
  }

  @Test
  void whatHasEndedIsRemoved() {
    list.put(entry(Revocation.ofToken("t1").endingAt(START.plusSeconds(10))));
    list.put(entry(Revocation.ofNetwork("10.0.0.0/8").endingAt(START.plusSeconds(20))));
    list.prune(NOW + 10_000);
    assertThat(list.entries()).extracting(Revocation::value).containsExactly("10.0.0.0/8");
    list.prune(NOW + 20_000);
    assertThat(list.size()).isZero();
    assertThat(list.size(Kind.TOKEN)).isZero();
    assertThat(list.size(Kind.NETWORK)).isZero();
  }

  @Test
  void anEntryIsExtendedAndNeverShortened() {
    Revocation longer = entry(Revocation.ofUser("alice").endingAt(START.plusSeconds(20)));
    Revocation shorter = entry(Revocation.ofUser("alice").endingAt(START.plusSeconds(10)));
    assertThat(list.put(longer)).isEqualTo(longer);
    assertThat(list.put(shorter)).isNull();
    assertThat(list.put(longer)).isNull();
    assertThat(list.size()).isEqualTo(1);
    assertThat(list.find(new Identity("alice", false), NOW + 15_000)).isEqualTo(longer);
  }

  @Test
  void anEntryThatIsRemovedRefusesNobody() {
    Revocation entry = entry(Revocation.ofUser("alice").endingAt(START.plusSeconds(10)));
    list.put(entry);
    assertThat(list.remove(entry.id())).isEqualTo(entry);
    assertThat(list.remove(entry.id())).isNull();
    assertThat(list.find(new Identity("alice", false), NOW)).isNull();
  }

  @Test
  void listsOfSeveralNodesMergeInAnyOrderToTheSame() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<Revocation> entries = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      entries.add(any(random));
    }
    var expected = new RevocationList(() -> 1_000);
    entries.forEach(expected::put);
    for (int round = 0; round < 20; round++) {
      Collections.shuffle(entries, random);
      var other = new RevocationList(() -> 1_000);
      entries.forEach(other::put);
      assertThat(other.entries()).as("seed %d", seed).isEqualTo(expected.entries());
    }
  }

  private static Revocation any(Random random) {
    String value = "name" + random.nextInt(5);
    Instant created = START.plusSeconds(random.nextInt(3));
    Instant until = START.plusSeconds(100 + random.nextInt(3));
    Revocation request =
        (random.nextBoolean() ? Revocation.ofTokens(value) : Revocation.ofUser(value))
            .endingAt(until)
            .because("reason " + random.nextInt(3));
    Source source = random.nextBoolean() ? Source.BAN : Source.OPERATOR;
    return RevocationRules.complete(request, source, created, Duration.ofDays(1));
  }

  @Test
  void bansGiveWayAndOtherEntriesDoNot() {
    var small = new RevocationList(() -> 2);
    Revocation operator = entry(Revocation.ofToken("t1").endingAt(START.plusSeconds(1)));
    Revocation ban = ban(Revocation.ofUser("alice").endingAt(START.plusSeconds(20)));
    small.put(operator);
    assertThat(small.makeRoom(ban)).isNull();
    small.put(ban);
    Revocation next = entry(Revocation.ofToken("t2"));
    assertThat(small.makeRoom(next)).isEqualTo(ban);
    assertThat(small.makeRoom(operator)).as("is in the list").isNull();
    small.remove(ban.id());
    small.put(next);
    assertThatExceptionOfType(MessageException.class)
        .isThrownBy(() -> small.makeRoom(ban))
        .matches(refusal -> refusal.code() == ErrorCode.QUEUE_FULL);
  }

  @Test
  void anEntryOfAnOperatorThatABanExtendsDoesNotGiveWay() {
    var small = new RevocationList(() -> 1);
    small.put(entry(Revocation.ofUser("alice").endingAt(START.plusSeconds(10))));
    Revocation extended =
        small.put(ban(Revocation.ofUser("alice").endingAt(START.plusSeconds(20))));
    assertThat(extended.source()).isEqualTo(Source.OPERATOR);
    assertThatExceptionOfType(MessageException.class)
        .isThrownBy(() -> small.makeRoom(ban(Revocation.ofUser("bob").endingAt(extended.until()))));
  }

  @Test
  void anEntryThatIsNotABanCountsForMore() {
    Revocation small = ban(Revocation.ofNetwork("10.1.1.1").endingAt(START.plusSeconds(10)));
    Revocation large = entry(Revocation.ofNetwork("10.0.0.0/8").endingAt(START.plusSeconds(10)));
    list.put(small);
    assertThat(list.findNetwork("10.1.1.1", NOW)).isEqualTo(small);
    list.put(large);
    assertThat(list.findNetwork("10.1.1.1", NOW)).isEqualTo(large);
    Revocation user = ban(Revocation.ofUser("alice").endingAt(START.plusSeconds(10)));
    Revocation token = entry(Revocation.ofToken("t1"));
    Revocation tokens = entry(Revocation.ofTokens("alice"));
    list.put(user);
    assertThat(list.find("alice", "t1", NOW, NOW)).isEqualTo(user);
    list.put(tokens);
    assertThat(list.find("alice", "t1", NOW, NOW)).isEqualTo(user);
    assertThat(list.find("alice", "t1", NOW - 1, NOW)).isEqualTo(tokens);
    list.put(token);
    assertThat(list.find("alice", "t1", NOW, NOW)).isEqualTo(token);
  }

  @Test
  void pagesListEachEntryOnce() {
    for (int i = 0; i < 10; i++) {
      list.put(entry(Revocation.ofToken("t" + i)));
    }
    List<Revocation> listed = new ArrayList<>();
    RevocationPage page = list.page(null, 4);
    listed.addAll(page.revocations());
    while (page.next() != null) {
      page = list.page(page.next(), 4);
      listed.addAll(page.revocations());
    }
    assertThat(listed).isEqualTo(list.entries()).hasSize(10);
    assertThat(list.page(null, 10).next()).isNull();
  }

  private static Revocation entry(Revocation request) {
    return RevocationRules.complete(request, Source.OPERATOR, START, Duration.ofMillis(HOUR));
  }

  private static Revocation ban(Revocation request) {
    return RevocationRules.complete(request, Source.BAN, START, Duration.ofMillis(HOUR));
  }
}

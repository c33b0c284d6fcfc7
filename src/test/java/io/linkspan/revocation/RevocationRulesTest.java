package io.linkspan.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Kind;
import io.linkspan.api.Revocation.Source;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RevocationRulesTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00.123Z");
  private static final Duration KEEP = Duration.ofDays(1);

  @Test
  void aTokenWithoutAnEndIsKeptForTheConfiguredTime() {
    Revocation entry = complete(Revocation.ofToken("t1").because("lost phone"));
    assertThat(entry.until()).isEqualTo(NOW.plus(KEEP));
    assertThat(entry.createdAt()).isEqualTo(NOW);
    assertThat(entry.source()).isEqualTo(Source.SERVICE);
    assertThat(entry.reason()).isEqualTo("lost phone");
  }

  @Test
  void theTokensOfAUserAreThoseThatWereIssuedUntilNow() {
    assertThat(complete(Revocation.ofTokens("alice")).issuedBefore()).isEqualTo(NOW);
    Instant earlier = NOW.minusSeconds(60);
    assertThat(complete(Revocation.ofTokens("alice").issuedEarlierThan(earlier)).issuedBefore())
        .isEqualTo(earlier);
  }

  @Test
  void equalNetworksHaveOneNotationAndOneId() {
    Revocation one = complete(Revocation.ofNetwork("2001:DB8:0::/32").endingAt(NOW.plusSeconds(1)));
    Revocation other = complete(Revocation.ofNetwork("2001:db8::/32").endingAt(NOW.plusSeconds(1)));
    assertThat(one).isEqualTo(other);
    assertThat(RevocationRules.find(Kind.NETWORK, "2001:db8:0:0::/32")).isEqualTo(one.id());
    assertThat(
            complete(Revocation.ofNetwork("::ffff:192.0.2.1").endingAt(NOW.plusSeconds(1))).value())
        .isEqualTo("192.0.2.1/32");
  }

  @Test
  void eachKindAndValueHasAnIdOfItsOwn() {
    assertThat(RevocationRules.find(Kind.TOKEN, "alice"))
        .isNotEqualTo(RevocationRules.find(Kind.USER, "alice"))
        .isNotEqualTo(RevocationRules.find(Kind.TOKEN, "bob"))
        .matches("[\\w-]{22}");
  }

  @Test
  void whatIsMissingOrImpossibleIsRefused() {
    refused(Revocation.ofUser("alice"), "until is missing");
    refused(Revocation.ofNetwork("10.0.0.0/8"), "until is missing");
    refused(Revocation.ofToken(""), "value");
    refused(Revocation.ofToken("x".repeat(257)), "value");
    refused(Revocation.ofToken("t1").because("x".repeat(257)), "reason");
    refused(Revocation.ofToken("t1").because("a\nb"), "reason");
    refused(Revocation.ofToken("t1").endingAt(NOW), "until");
    refused(Revocation.ofToken("t1").endingAt(NOW.plus(Duration.ofDays(10_000))), "until");
    refused(Revocation.ofToken("t1").endingAt(Instant.MAX), "until");
    refused(Revocation.ofToken("t1").issuedEarlierThan(NOW), "issuedBefore");
    refused(Revocation.ofTokens("alice").issuedEarlierThan(NOW.plusSeconds(61)), "issuedBefore");
    refused(Revocation.ofNetwork("10.0.0.1/8").endingAt(NOW.plusSeconds(1)), "network");
    refused(Revocation.ofNetwork("example.org").endingAt(NOW.plusSeconds(1)), "network");
  }

  private static Revocation complete(Revocation request) {
    return RevocationRules.complete(request, Source.SERVICE, NOW, KEEP);
  }

  private static void refused(Revocation request, String what) {
    assertThatExceptionOfType(MessageException.class)
        .isThrownBy(() -> complete(request))
        .withMessageContaining(what)
        .matches(refusal -> refusal.code() == ErrorCode.MALFORMED);
  }
}

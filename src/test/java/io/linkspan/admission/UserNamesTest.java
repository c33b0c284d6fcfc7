package io.linkspan.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserNamesTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "a\u0000",
        "a\ufffd",
        "\ud800",
        "a\udc00b",
        // Zero width, bidirectional override and isolate, soft hyphen, line separator.
        "al\u200bice",
        "al\u202eice",
        "\u2066alice",
        "al\u00adice",
        "alice\u2028",
        // Not in normal form NFC.
        "Ju\u0308rgen",
        "service:orders",
        "user:alice",
        "group:staff",
        "session:1",
        "anonymous-1"
      })
  void nameThatIsNotOneUserIsRefused(String name) {
    assertThat(UserNames.problem(name)).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"alice", "J\u00fcrgen", "\ud83d\ude00", "auth0|5f7", "users:alice"})
  void anyOtherNameIsAccepted(String name) {
    assertThat(UserNames.problem(name)).isNull();
  }

  @Test
  void lengthIsBounded() {
    assertThat(UserNames.problem("a".repeat(128))).isNull();
    assertThat(UserNames.problem("a".repeat(129))).isNotNull();
  }

  @Test
  void claimedNameIsTheUserAndNoNameIsAnonymousWherePermitted() {
    var open = new ClaimedIdentities(new AnonymousUsers(true));
    Identity claimed = open.identify(new Credentials("alice", null, null)).result();
    assertThat(claimed).isEqualTo(new Identity("alice", false).acceptedAt(claimed.issuedAt()));
    Identity anonymous = open.identify(Credentials.NONE).result();
    assertThat(anonymous.anonymous()).isTrue();
    assertThat(anonymous.user()).startsWith(UserNames.ANONYMOUS);
    assertThat(new ClaimedIdentities(new AnonymousUsers(false)).identify(Credentials.NONE).cause())
        .isInstanceOf(ConnectRefusedException.class);
  }
}

package io.linkspan.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.api.MessageException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdentityProviderTest {

  private final IdentityProvider identities = new IdentityProvider();

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a\u0000", "a\ufffd", "\ud800", "a\udc00b"})
  void brokenNameIsRefused(String name) {
    assertThatThrownBy(() -> identities.identify(name)).isInstanceOf(MessageException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"alice", "J\u00fcrgen", "\ud83d\ude00"})
  void anyOtherNameIsAccepted(String name) {
    assertThat(identities.identify(name)).isEqualTo(new Identity(name, false));
  }

  @Test
  void clientWithoutANameIsAnonymous() {
    assertThat(identities.identify(null).anonymous()).isTrue();
  }
}

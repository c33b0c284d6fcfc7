package io.linkspan.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OriginsTest {

  private final Origins open = new Origins(List.of(), false);
  private final Origins local = new Origins(List.of(), true);

  @ParameterizedTest
  @CsvSource({
    "http://chat.example, chat.example, true",
    "https://chat.example, chat.example, true",
    "https://chat.example:8443, chat.example:8443, true",
    "https://chat.example, Chat.Example, true",
    "https://chat.example, chat.example:8443, false",
    "https://chat.example.evil.example, chat.example, false",
    "https://evil.example, chat.example, false",
    "file://chat.example, chat.example, false",
    "null, chat.example, false",
    "null, null, false",
  })
  void aPageOfTheSameHostAndPortMayConnect(String origin, String host, boolean expected) {
    assertThat(open.allow(origin, host)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:8080, 127.0.0.1:8080, true",
    "http://localhost:8080, localhost:8080, true",
    "http://[::1]:8080, [::1]:8080, true",
    "http://rebound.example:8080, rebound.example:8080, false",
    "http://localhost.evil.example, localhost.evil.example, false",
    "http://1.evil.example, 1.evil.example, false",
  })
  void atALoopbackAddressTheHostMustNotBeAName(String origin, String host, boolean expected) {
    assertThat(local.allow(origin, host)).isEqualTo(expected);
  }

  @Test
  void aClientWithoutAnOriginIsNotABrowser() {
    assertThat(open.allow(null, "chat.example")).isTrue();
    assertThat(local.allow(null, null)).isTrue();
  }

  @Test
  void theListAddsOtherPages() {
    var some = new Origins(List.of("https://good.example"), true);
    assertThat(some.allow("https://good.example", "127.0.0.1")).isTrue();
    assertThat(some.allow("https://bad.example", "127.0.0.1")).isFalse();
    assertThat(some.allow("http://127.0.0.1", "127.0.0.1")).isTrue();
    assertThat(new Origins(List.of("*"), true).allow("https://bad.example", null)).isTrue();
  }
}

package io.linkspan.protocol.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CloseBodyTest {

  @ParameterizedTest
  @ValueSource(ints = {1000, 1001, 1002, 1003, 1007, 1014, 3000, 4401, 4999})
  void aCodeIsReadAsItWasWritten(int code) {
    assertThat(CloseBody.read(CloseBody.write(code, "why"))).isEqualTo(code);
  }

  @Test
  void aBodyMayBeEmpty() {
    assertThat(CloseBody.read(new byte[0])).isEqualTo(CloseBody.NO_CODE);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535})
  void codesThatMayNotBeSentAreRefused(int code) {
    assertInvalid(CloseBody.write(code, ""));
  }

  @Test
  void halfACodeAndAReasonThatIsNotTextAreRefused() {
    assertInvalid(new byte[] {3});
    assertInvalid(new byte[] {3, (byte) 0xE8, (byte) 0xC0});
  }

  @Test
  void aLongReasonIsTruncatedBetweenCharacters() {
    byte[] body = CloseBody.write(1000, "a" + "€".repeat(100));
    assertThat(body).hasSize(2 + 1 + 40 * 3);
    assertThat(CloseBody.read(body)).isEqualTo(1000);
    assertThat(new String(body, 2, body.length - 2, StandardCharsets.UTF_8))
        .isEqualTo("a" + "€".repeat(40));
  }

  private static void assertInvalid(byte[] body) {
    assertThatThrownBy(() -> CloseBody.read(body)).isInstanceOf(WebSocketViolationException.class);
  }
}

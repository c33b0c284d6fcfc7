package io.linkspan.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactorTest {

  private static final String SECRET = "zQ3wmVfJwq0YkM1cXn7Tr-Ab";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "/ws?token=abc&x=1 | /ws?token=[redacted]&x=1",
        "/ws?a=b&access_token=abc | /ws?a=b&access_token=[redacted]",
        "/ws?session=id.abc | /ws?session=[redacted]",
        "{\"token\":\"abc\",\"a\":1} | {\"token\":\"[redacted]\",\"a\":1}",
        "{\"Authorization\" : \"Bearer abc\"} | {\"Authorization\" : \"[redacted]\"}",
        "{\"pin_password\":1234,\"a\":1} | {\"pin_password\":\"[redacted]\",\"a\":1}",
        "{\\\"token\\\":\\\"abc\\\"} | {\\\"token\\\":\\\"[redacted]\\\"}",
        "{\"a\":{\"refreshToken\":\"abc | {\"a\":{\"refreshToken\":\"[redacted]",
        "Authorization: Bearer abcdefgh.ijk | Authorization: Bearer [redacted]",
        "my eyJhbGciOiJIUzI1.eyJzdWIi.c2ln is | my [redacted] is",
        "nothing to hide | nothing to hide"
      })
  void credentialsAreRemoved(String text, String shown) {
    assertThat(Redactor.text(text, null)).isEqualTo(shown);
  }

  @Test
  void secretOfTheSessionIsRemovedAlsoWhereItIsCut() {
    assertThat(Redactor.text("a " + SECRET + " b", SECRET)).isEqualTo("a [redacted] b");
    for (int length = 4; length < SECRET.length(); length++) {
      assertThat(Redactor.text("a " + SECRET.substring(0, length), SECRET))
          .isEqualTo("a [redacted]");
    }
  }

  @Test
  void bytesKeepAllThatIsNoCredential() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    ByteString plain = ByteString.copyFrom(bytes);
    assertThat(Redactor.bytes(plain, SECRET)).isEqualTo(plain);
    ByteString secret = plain.concat(ByteString.copyFromUtf8(SECRET)).concat(plain);
    assertThat(Redactor.bytes(secret, SECRET).toStringUtf8()).doesNotContain(SECRET);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "authorization",
        "Cookie",
        "TOKEN",
        "X-Auth-Token",
        "session",
        "api-key",
        "secret"
      })
  void headersWithTheseNamesAreCredentials(String name) {
    assertThat(Redactor.isCredential(name)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"traceparent", "content-type", "channel", "volatile"})
  void headersWithOtherNamesAreNot(String name) {
    assertThat(Redactor.isCredential(name)).isFalse();
  }
}

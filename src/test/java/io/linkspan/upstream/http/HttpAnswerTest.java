package io.linkspan.upstream.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.linkspan.api.ErrorCode;
import io.linkspan.upstream.BackendException;
import io.linkspan.upstream.BackendException.Kind;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests how responses are read, without a socket. */
class HttpAnswerTest {

  private static final long NOW = Instant.parse("2026-11-24T12:00:00Z").toEpochMilli();

  private final MultiMap headers = MultiMap.caseInsensitiveMultiMap();

  private BackendException failure(int status) {
    return catchThrowableOfType(
        BackendException.class, () -> HttpAnswer.read(status, headers, Buffer.buffer(), NOW));
  }

  @ParameterizedTest
  @CsvSource({
    "500, ERROR",
    "501, ERROR",
    "502, LOST",
    "503, UNSENT",
    "504, LOST",
    "599, ERROR",
    "400, REFUSED",
    "429, REFUSED",
    "499, REFUSED",
    "304, REFUSED"
  })
  void statusDeterminesTheKindOfFailure(int status, Kind kind) {
    assertThat(failure(status).kind()).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7                             | 7000",
        "Tue, 24 Nov 2026 12:00:30 GMT | 30000",
        "Tue, 24 Nov 2026 11:59:30 GMT | 0",
        "Tuesday, 24-Nov-26 12:00:30 GMT | 30000",
        "Tue Nov 24 12:00:30 2026      | 30000",
        "999999999                     | 86400000",
        "99999999999999999999          | 0",
        "-5                            | 0",
        "soon                          | 0"
      })
  void retryAfterIsSecondsOrADateAndIsBounded(String value, long ms) {
    headers.set("Retry-After", value);
    assertThat(failure(503).refusal().retryAfterMs()).isEqualTo(ms);
    assertThat(failure(503).refusal().code()).isEqualTo(ErrorCode.UNAVAILABLE);
  }

  @Test
  void emptyAnswerIsAnAcknowledgement() {
    assertThat(HttpAnswer.read(204, headers, Buffer.buffer(), NOW)).isNull();
    assertThat(HttpAnswer.read(200, headers, Buffer.buffer(), NOW)).isNull();
  }

  @Test
  void textIsDecodedInItsCharset() {
    byte[] latin1 = "zwölf".getBytes(StandardCharsets.ISO_8859_1);
    headers.set("Content-Type", "text/plain; charset=\"ISO-8859-1\"");
    assertThat(HttpAnswer.read(200, headers, Buffer.buffer(latin1), NOW).getBody())
        .isEqualTo("zwölf");
    headers.set("Content-Type", "text/plain; charset=no-such-charset");
    assertThat(HttpAnswer.read(200, headers, Buffer.buffer(latin1), NOW).getAttachmentsCount())
        .as("not valid UTF-8")
        .isEqualTo(1);
  }

  @Test
  void answerWithoutContentTypeIsTextIfItIsValidUtf8() {
    assertThat(HttpAnswer.read(200, headers, Buffer.buffer("tea"), NOW).getBody()).isEqualTo("tea");
    Buffer bytes = Buffer.buffer(new byte[] {(byte) 0xFF});
    assertThat(HttpAnswer.read(200, headers, bytes, NOW).getAttachmentsCount()).isEqualTo(1);
  }

  @Test
  void jsonWithALoneSurrogateIsKeptAsText() {
    headers.set("Content-Type", "application/json");
    Buffer json = Buffer.buffer("{\"body\":\"\\ud800\"}");
    assertThat(HttpAnswer.read(200, headers, json, NOW).getBody()).isEqualTo(json.toString());
  }

  @Test
  void longTextIsNotCutWithinACharacter() {
    headers.set("Content-Type", "text/plain");
    Buffer text = Buffer.buffer("x".repeat(499) + "😀😀");
    BackendException failure =
        catchThrowableOfType(
            BackendException.class, () -> HttpAnswer.read(400, headers, text, NOW));
    assertThat(failure.refusal().getMessage()).isEqualTo("x".repeat(499) + "…");
  }
}

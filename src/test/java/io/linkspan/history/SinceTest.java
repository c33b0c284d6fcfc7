package io.linkspan.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.log.LogPosition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SinceTest {

  @Test
  void eachFormIsRead() {
    assertThat(Since.parse("0:0")).isEqualTo(new Since.Position(LogPosition.START));
    assertThat(Since.parse("9007199254740991:12"))
        .isEqualTo(new Since.Position(new LogPosition(9_007_199_254_740_991L, 12)));
    assertThat(Since.parse("1970-01-01T00:00:01.5Z")).isEqualTo(new Since.Time(1_500));
    assertThat(Since.parse("0")).isEqualTo(new Since.Count(0));
    assertThat(Since.parse("9999999")).isEqualTo(new Since.Count(9_999_999));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-1",
        "+1",
        "10000000",
        "1.5",
        ":",
        "1:",
        ":1",
        "1:-1",
        "0:1",
        "1:2:3",
        "12345678901234567:1",
        "1:12345678901234567",
        "٣",
        "٣:1",
        "yesterday",
        "Z",
        "2026-11-30",
        "2026-11-30T09:00:00",
        "2026-11-30T09:00:00+01:00",
        "2026-13-30T09:00:00Z",
        "+999999999-12-31T23:59:59.999999999Z",
        "2026-11-30T09:00:00.0000000000000000000000Z",
      })
  void anyOtherTextIsRefused(String text) {
    assertThatThrownBy(() -> Since.parse(text))
        .isInstanceOfSatisfying(
            MessageException.class,
            refusal -> assertThat(refusal.code()).isEqualTo(ErrorCode.MALFORMED));
  }

  @Test
  void aPositionIsReadAsItIsWritten() {
    var position = new LogPosition(77, 3);
    assertThat(LogPosition.parse(position.toString())).isEqualTo(position);
  }
}

package io.linkspan.telemetry.otel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OpenSpansTest {

  private static final long START = -5;
  private static final long LONGEST = 1_000;

  private final OpenSpans open = new OpenSpans(2, LONGEST, START);
  private final List<Long> abandoned = new ArrayList<>();

  @Test
  void tooManySpansMakeNoRoom() {
    begin(START);
    assertThat(open.hasRoom(START + 1)).isTrue();
    OpenSpans.OpenSpan second = begin(START + 1);
    assertThat(open.hasRoom(START + 2)).isFalse();
    open.remove(second);
    assertThat(open.hasRoom(START + 2)).isTrue();
    assertThat(open.size()).isEqualTo(1);
  }

  @Test
  void spansThatNobodyEndedEndWhenThereAreTooMany() {
    begin(START);
    begin(START + 500);
    assertThat(open.hasRoom(START + LONGEST - 1)).isFalse();
    assertThat(open.hasRoom(START + LONGEST)).isTrue();
    assertThat(abandoned).containsExactly(START);
    assertThat(open.size()).isEqualTo(1);
  }

  @Test
  void allEndWithTheNode() {
    begin(START);
    begin(START + 1);
    open.abandonAll();
    assertThat(abandoned).containsExactlyInAnyOrder(START, START + 1);
    assertThat(open.size()).isZero();
  }

  private OpenSpans.OpenSpan begin(long at) {
    var span =
        new OpenSpans.OpenSpan() {
          @Override
          public long begun() {
            return at;
          }

          @Override
          public void abandon() {
            abandoned.add(at);
            open.remove(this);
          }
        };
    open.add(span);
    return span;
  }
}

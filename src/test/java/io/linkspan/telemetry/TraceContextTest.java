package io.linkspan.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {

  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final String GOOD = "00-" + TRACE + "-" + SPAN + "-01";

  @Test
  void theExampleOfTheSpecificationIsRead() {
    var context = TraceContext.parse(GOOD, "rojo=00f067aa0ba902b7");
    assertThat(context).isEqualTo(new TraceContext(TRACE, SPAN, true, "rojo=00f067aa0ba902b7"));
    assertThat(context.parent()).isEqualTo(GOOD);
  }

  @Test
  void aLaterVersionIsReadAsFarAsTheFirstOneDefinesIt() {
    String later = "cc-" + TRACE + "-" + SPAN + "-03";
    assertThat(TraceContext.parse(later, null))
        .isEqualTo(new TraceContext(TRACE, SPAN, true, null));
    assertThat(TraceContext.parse(later + "-what-the-future-brings", null))
        .isEqualTo(new TraceContext(TRACE, SPAN, true, null));
  }

  @Test
  void onlyTheFirstFlagMeansSampled() {
    assertThat(TraceContext.parse("00-" + TRACE + "-" + SPAN + "-00", null).sampled()).isFalse();
    assertThat(TraceContext.parse("00-" + TRACE + "-" + SPAN + "-fe", null).sampled()).isFalse();
    assertThat(TraceContext.parse("00-" + TRACE + "-" + SPAN + "-ff", null).sampled()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067AA0BA902B7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bz-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
        " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 ",
        "00-４bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1-00000"
      })
  void aMalformedParentIsNoContext(String parent) {
    assertThat(TraceContext.parse(parent, null)).isNull();
  }

  @Test
  void aStateThatIsMalformedOrTooLongIsDropped() {
    assertThat(TraceContext.parse(GOOD, "a=\r\nb").state()).isNull();
    assertThat(TraceContext.parse(GOOD, "").state()).isNull();
    assertThat(TraceContext.parse(GOOD, "é=1").state()).isNull();
    assertThat(TraceContext.parse(GOOD, "a=" + "x".repeat(510)).state()).hasSize(512);
    assertThat(TraceContext.parse(GOOD, "a=" + "x".repeat(511)).state()).isNull();
  }

  @Test
  void aMarkedMessageHasItsContextAndNoForeignState() {
    Message before =
        Message.newBuilder()
            .setBody("hello")
            .putHeaders("color", "blue")
            .putHeaders("tracestate", "old=1")
            .build();
    var context = new TraceContext(TRACE, SPAN, false, null);
    Message marked = context.mark(before);
    assertThat(marked.getHeadersMap())
        .containsOnlyKeys("color", "traceparent")
        .containsEntry("traceparent", "00-" + TRACE + "-" + SPAN + "-00");
    assertThat(marked.getBody()).isEqualTo("hello");
    assertThat(TraceContext.of(marked)).isEqualTo(context);
    assertThat(TraceContext.of(before)).isNull();
  }
}

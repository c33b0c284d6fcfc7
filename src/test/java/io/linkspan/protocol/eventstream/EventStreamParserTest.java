package io.linkspan.protocol.eventstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** One test per rule of WHATWG HTML, sections 9.2.5 and 9.2.6. */
class EventStreamParserTest {

  private static final int LIMIT = 100;

  private static ServerEvent event(String type, String data, String lastId) {
    return new ServerEvent(type, data, lastId);
  }

  private static ServerEvent data(String data) {
    return event("", data, "");
  }

  private static List<ServerEvent> parse(Buffer... pieces) {
    var parser = new EventStreamParser(LIMIT);
    List<ServerEvent> events = new ArrayList<>();
    for (Buffer piece : pieces) {
      parser.feed(piece);
      for (ServerEvent event; (event = parser.poll()) != null; ) {
        events.add(event);
      }
    }
    return events;
  }

  private static List<ServerEvent> parse(String stream) {
    return parse(Buffer.buffer(stream));
  }

  @Test
  void blankLineDispatchesAnEvent() {
    assertThat(parse("data: a\n\ndata: b\n\n")).containsExactly(data("a"), data("b"));
  }

  @Test
  void eachKindOfLineEndIsOne() {
    assertThat(parse("data: a\r\n\r\ndata: b\r\rdata: c\n\r\ndata: d\r\n\n"))
        .containsExactly(data("a"), data("b"), data("c"), data("d"));
  }

  @Test
  void lineEndThatIsDividedIsOne() {
    assertThat(
            parse(
                Buffer.buffer("data: a\r"), Buffer.buffer("\ndata: b\r\n\r"), Buffer.buffer("\n")))
        .containsExactly(data("a\nb"));
  }

  @Test
  void severalLinesOfDataAreJoinedByLineFeeds() {
    assertThat(parse("data: YHOO\ndata: +2\ndata: 10\n\n")).containsExactly(data("YHOO\n+2\n10"));
  }

  @Test
  void oneBlankAfterTheColonIsNotPartOfTheValue() {
    assertThat(parse("data:a\n\ndata: a\n\ndata:  a\n\n"))
        .containsExactly(data("a"), data("a"), data(" a"));
  }

  @Test
  void fieldWithoutAColonHasAnEmptyValue() {
    assertThat(parse("data\n\ndata\ndata\n\n")).containsExactly(data(""), data("\n"));
  }

  @Test
  void valueMayHaveColons() {
    assertThat(parse("data: a: b:c\n\n")).containsExactly(data("a: b:c"));
  }

  @Test
  void linesThatBeginWithAColonAreComments() {
    assertThat(parse(": hello\n\n:\ndata: a\n: more\ndata: b\n\n")).containsExactly(data("a\nb"));
  }

  @Test
  void lastEventFieldIsTheTypeOfOneEvent() {
    assertThat(parse("event: x\nevent: add\ndata: 1\n\ndata: 2\n\n"))
        .containsExactly(event("add", "1", ""), data("2"));
  }

  @Test
  void eventWithoutDataIsNotDispatchedAndItsTypeIsForgotten() {
    assertThat(parse("event: add\n\ndata: 1\n\n")).containsExactly(data("1"));
  }

  @Test
  void idStaysUntilAnotherOneAndCanBeReset() {
    assertThat(parse("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"))
        .containsExactly(event("", "a", "1"), event("", "b", "1"), data("c"));
  }

  @Test
  void idOfAnEventWithoutDataCounts() {
    assertThat(parse("id: 7\n\ndata: a\n\n")).containsExactly(event("", "a", "7"));
  }

  @Test
  void idWithNulIsIgnored() {
    assertThat(parse("id: 1\nid: a\0b\ndata: a\n\n")).containsExactly(event("", "a", "1"));
  }

  @Test
  void otherFieldsAreIgnored() {
    assertThat(parse("retry: 10\nDATA: x\nfoo: y\ndata : z\ndata: a\n\n"))
        .containsExactly(data("a"));
  }

  @Test
  void oneByteOrderMarkAtTheStartIsIgnored() {
    assertThat(parse("\uFEFFdata: a\n\n\uFEFFdata: b\n\n")).containsExactly(data("a"));
    assertThat(
            parse(
                Buffer.buffer(new byte[] {(byte) 0xEF}),
                Buffer.buffer(new byte[] {(byte) 0xBB, (byte) 0xBF}),
                Buffer.buffer("data: a\n\n")))
        .containsExactly(data("a"));
  }

  @Test
  void incompleteEventAtTheEndIsDiscarded() {
    assertThat(parse("data: a\n\ndata: b\n")).containsExactly(data("a"));
  }

  @Test
  void malformedUtf8IsReplaced() {
    Buffer stream = Buffer.buffer("data: ").appendByte((byte) 0xFF).appendString("a\n\n");
    assertThat(parse(stream)).containsExactly(data("\uFFFDa"));
  }

  @Test
  void eventAboveTheLimitIsRejected() {
    String longest = "data:" + "a".repeat(LIMIT - 5);
    assertThat(parse(longest + "\n\n" + longest + "\n\n")).hasSize(2);
    assertThatThrownBy(() -> parse(longest + "a\n\n")).isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> parse(longest + "\ndata:\n\n")).isInstanceOf(ProtocolException.class);
    assertThatThrownBy(() -> parse(longest + "ab")).isInstanceOf(ProtocolException.class);
  }

  @Test
  void commentsDoNotCountAsPartsOfAnEvent() {
    assertThat(parse(": keep alive, please\n".repeat(20) + "data: a\n\n"))
        .containsExactly(data("a"));
  }

  @RepeatedTest(50)
  void divisionOfTheStreamDoesNotMatter(RepetitionInfo repetition) {
    String stream =
        "\uFEFFid: ü\r\ndata: €1\r\r\nevent: x\ndata\n:c\ndata: 😀\n\nretry: 1\r\ndata: a\r\n\r\n";
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
    var random = new Random(repetition.getCurrentRepetition());
    List<Buffer> pieces = new ArrayList<>();
    for (int at = 0; at < bytes.length; ) {
      int length = Math.min(bytes.length - at, random.nextInt(4));
      pieces.add(Buffer.buffer().appendBytes(bytes, at, length));
      at += length;
    }
    assertThat(parse(pieces.toArray(Buffer[]::new)))
        .isEqualTo(parse(stream))
        .containsExactly(event("", "€1", "ü"), event("x", "\n😀", "ü"), event("", "a", "ü"));
  }
}

package io.linkspan.protocol.websocket;

import static io.linkspan.protocol.websocket.WebSocketViolation.INVALID_PAYLOAD;
import static io.linkspan.protocol.websocket.WebSocketViolation.PROTOCOL_ERROR;
import static io.linkspan.protocol.websocket.WebSocketViolation.TOO_LARGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class MessageAssemblerTest {

  private static final Buffer EMPTY = Buffer.buffer();

  private final MessageAssembler assembler = new MessageAssembler(10);

  @Test
  void aSingleFrameIsTheMessage() {
    Buffer payload = Buffer.buffer("hello");
    assertThat(assembler.first(true, true, payload)).isSameAs(payload);
    assertThat(assembler.text()).isTrue();
  }

  @Test
  void anyFragmentMayBeEmpty() {
    assertThat(assembler.first(false, false, EMPTY)).isNull();
    assertThat(assembler.next(false, EMPTY)).isNull();
    assertThat(assembler.next(false, Buffer.buffer("xyz"))).isNull();
    assertThat(assembler.next(true, EMPTY)).isEqualTo(Buffer.buffer("xyz"));
    assertThat(assembler.text()).isFalse();
    assertThat(assembler.first(true, true, Buffer.buffer("next"))).isEqualTo(Buffer.buffer("next"));
  }

  @Test
  void theLimitHoldsForTheWhole() {
    assertThat(assembler.first(false, true, Buffer.buffer(new byte[10])).length()).isEqualTo(10);
    assertViolates(TOO_LARGE, () -> assembler.first(false, true, Buffer.buffer(new byte[11])));
    assembler.first(false, false, Buffer.buffer(new byte[6]));
    assertViolates(TOO_LARGE, () -> assembler.next(false, Buffer.buffer(new byte[5])));
  }

  @Test
  void fragmentsOutOfPlaceAreRefused() {
    assertViolates(PROTOCOL_ERROR, () -> assembler.next(true, EMPTY));
    assembler.first(false, false, EMPTY);
    assertViolates(PROTOCOL_ERROR, () -> assembler.first(false, true, EMPTY));
  }

  @Test
  void textFailsAtTheFragmentWithItsFirstInvalidByte() {
    assembler.first(true, false, Buffer.buffer("a"));
    assertViolates(
        INVALID_PAYLOAD, () -> assembler.next(false, Buffer.buffer(new byte[] {(byte) 0xC0})));
  }

  @Test
  void aCharacterMayBeDividedBetweenFragmentsButNotBetweenMessages() {
    byte[] euro = "€".getBytes(StandardCharsets.UTF_8);
    assembler.first(true, false, Buffer.buffer().appendByte(euro[0]).appendByte(euro[1]));
    Buffer whole = assembler.next(true, Buffer.buffer().appendByte(euro[2]));
    assertThat(MessageAssembler.decode(whole)).isEqualTo("€");
    assembler.first(true, false, Buffer.buffer().appendByte(euro[0]));
    assertViolates(
        INVALID_PAYLOAD, () -> assembler.next(true, Buffer.buffer().appendByte(euro[1])));
    assertViolates(INVALID_PAYLOAD, () -> MessageAssembler.decode(Buffer.buffer(new byte[] {-1})));
  }

  private static void assertViolates(WebSocketViolation violation, ThrowingCallable action) {
    assertThatThrownBy(action)
        .isInstanceOfSatisfying(
            WebSocketViolationException.class, e -> assertThat(e.violation()).isEqualTo(violation));
  }

  @RepeatedTest(100)
  void theMessageDoesNotDependOnItsFragments(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    var large = new MessageAssembler(1_000);
    byte[] bytes = new byte[random.nextInt(1_000)];
    random.nextBytes(bytes);
    Buffer message = Buffer.buffer(bytes);
    int cut = random.nextInt(bytes.length + 1);
    Buffer whole = large.first(false, false, message.slice(0, cut));
    while (whole == null) {
      int end = cut + random.nextInt(bytes.length - cut + 1);
      boolean last = end == bytes.length;
      whole = large.next(last, message.slice(cut, end));
      cut = end;
    }
    assertThat(whole).isEqualTo(message);
  }
}

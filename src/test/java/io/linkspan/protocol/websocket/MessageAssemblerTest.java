package io.linkspan.protocol.websocket;

import static io.linkspan.protocol.websocket.WebSocketViolation.INVALID_PAYLOAD;
import static io.linkspan.protocol.websocket.WebSocketViolation.PROTOCOL_ERROR;
import static io.linkspan.protocol.websocket.WebSocketViolation.TOO_LARGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class MessageAssemblerTest {

  private static final byte[] EMPTY = {};

  private final MessageAssembler assembler = new MessageAssembler(10);

  @Test
  void aSingleFrameIsTheMessage() {
    byte[] payload = bytes("hello");
    assertThat(assembler.first(true, true, payload)).isSameAs(payload);
    assertThat(assembler.text()).isTrue();
  }

  @Test
  void anyFragmentMayBeEmpty() {
    assertThat(assembler.first(false, false, EMPTY)).isNull();
    assertThat(assembler.next(false, EMPTY)).isNull();
    assertThat(assembler.next(false, bytes("xyz"))).isNull();
    assertThat(assembler.next(true, EMPTY)).isEqualTo(bytes("xyz"));
    assertThat(assembler.text()).isFalse();
    assertThat(assembler.first(true, true, bytes("next"))).isEqualTo(bytes("next"));
  }

  @Test
  void theLimitHoldsForTheWhole() {
    assertThat(assembler.first(false, true, new byte[10])).hasSize(10);
    assertViolates(TOO_LARGE, () -> assembler.first(false, true, new byte[11]));
    assembler.first(false, false, new byte[6]);
    assertViolates(TOO_LARGE, () -> assembler.next(false, new byte[5]));
  }

  @Test
  void fragmentsOutOfPlaceAreRefused() {
    assertViolates(PROTOCOL_ERROR, () -> assembler.next(true, EMPTY));
    assembler.first(false, false, EMPTY);
    assertViolates(PROTOCOL_ERROR, () -> assembler.first(false, true, EMPTY));
  }

  @Test
  void textFailsAtTheFragmentWithItsFirstInvalidByte() {
    assembler.first(true, false, bytes("a"));
    assertViolates(INVALID_PAYLOAD, () -> assembler.next(false, new byte[] {(byte) 0xC0}));
  }

  @Test
  void aCharacterMayBeDividedBetweenFragmentsButNotBetweenMessages() {
    byte[] euro = "€".getBytes(StandardCharsets.UTF_8);
    assembler.first(true, false, new byte[] {euro[0], euro[1]});
    byte[] whole = assembler.next(true, new byte[] {euro[2]});
    assertThat(MessageAssembler.decode(whole, whole.length)).isEqualTo("€");
    assembler.first(true, false, new byte[] {euro[0]});
    assertViolates(INVALID_PAYLOAD, () -> assembler.next(true, new byte[] {euro[1]}));
    assertViolates(INVALID_PAYLOAD, () -> MessageAssembler.decode(new byte[] {-1}, 1));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
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
    byte[] message = new byte[random.nextInt(1_000)];
    random.nextBytes(message);
    int cut = random.nextInt(message.length + 1);
    byte[] whole = large.first(false, false, Arrays.copyOf(message, cut));
    while (whole == null) {
      int end = cut + random.nextInt(message.length - cut + 1);
      boolean last = end == message.length;
      whole = large.next(last, Arrays.copyOfRange(message, cut, end));
      cut = end;
    }
    assertThat(whole).isEqualTo(message);
  }
}

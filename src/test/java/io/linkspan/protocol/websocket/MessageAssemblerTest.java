package io.linkspan.protocol.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.linkspan.protocol.ProtocolException;
import io.vertx.core.buffer.Buffer;
import java.util.Random;
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
    assertThatThrownBy(() -> assembler.first(false, true, Buffer.buffer(new byte[11])))
        .isInstanceOf(MessageAssembler.TooLargeException.class);
    assembler.first(false, false, Buffer.buffer(new byte[6]));
    assertThatThrownBy(() -> assembler.next(false, Buffer.buffer(new byte[5])))
        .isInstanceOf(MessageAssembler.TooLargeException.class);
  }

  @Test
  void fragmentsOutOfPlaceAreRefused() {
    assertThatThrownBy(() -> assembler.next(true, EMPTY)).isInstanceOf(ProtocolException.class);
    assembler.first(false, false, EMPTY);
    assertThatThrownBy(() -> assembler.first(false, true, EMPTY))
        .isInstanceOf(ProtocolException.class);
  }

  @RepeatedTest(100)
  void theMessageDoesNotDependOnItsFragments(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    var large = new MessageAssembler(1_000);
    byte[] bytes = new byte[random.nextInt(1_000)];
    random.nextBytes(bytes);
    Buffer message = Buffer.buffer(bytes);
    int cut = random.nextInt(bytes.length + 1);
    Buffer whole = large.first(true, false, message.slice(0, cut));
    while (whole == null) {
      int end = cut + random.nextInt(bytes.length - cut + 1);
      boolean last = end == bytes.length;
      whole = large.next(last, message.slice(cut, end));
      cut = end;
    }
    assertThat(whole).isEqualTo(message);
  }
}

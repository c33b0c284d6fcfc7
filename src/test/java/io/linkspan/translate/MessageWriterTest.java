package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares sizes and bytes of Messages with those that the generated methods make. */
class MessageWriterTest {

  private static final int MESSAGES = 2_000;
  private static final int HEADER = 2;
  private static final String[] CHARACTERS = {"a", "~", "\u0000", "é", "߿", "ࠀ", "你", "😀"};

  @Test
  void randomMessagesHaveTheBytesOfTheGeneratedMethods() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < MESSAGES; i++) {
      assertSame(random(random), "seed " + seed + ", message " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 127, 128, 129, 16_383, 16_384, 100_000})
  void lengthsOfSeveralBytesAreWritten(int length) {
    Message message =
        Message.newBuilder()
            .setBody("x".repeat(length))
            .setReplyTo("é".repeat(length))
            .addAttachments(ByteString.copyFrom(new byte[length]))
            .build();
    assertSame(message, "length " + length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\ud800", "\udc00", "a\ud800", "\ud800a", "\udc00\ud800", "é\ud800é"})
  void halfAPairOfSurrogatesBecomesAQuestionMark(String text) {
    Message message = Message.newBuilder().setBody(text).setEventId("e").build();
    assertSame(message, "text of " + text.length());
    assertThat(BinaryTranslator.encode(message)).contains('?');
  }

  @Test
  void headersAndFieldsOfLaterVersionsAreWritten() {
    var unknown =
        UnknownFieldSet.newBuilder()
            .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build();
    Message message = Message.newBuilder().setBody("x").build();
    assertSame(message.toBuilder().putHeaders("a", "b").build(), "headers");
    assertSame(message.toBuilder().setUnknownFields(unknown).build(), "unknown fields");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "e1", "é", "0123456789012345678901234567890123456789"})
  void acknowledgementsHaveTheBytesOfTheGeneratedMethods(String eventId) {
    byte[] expected = AckMessage.newBuilder().setEventId(eventId).build().toByteArray();
    byte[] frame = BinaryTranslator.encodeAck(eventId, 3);
    assertThat(Arrays.copyOfRange(frame, 3 + HEADER, frame.length)).isEqualTo(expected);
    ScratchFrame scratch = ScratchFrame.ofAck(eventId);
    assertThat(Arrays.copyOf(scratch.bytes(), scratch.length()))
        .isEqualTo(BinaryTranslator.encodeAck(eventId));
  }

  @Test
  void anAcknowledgementThatIsTooLongIsLeftToTheTranslator() {
    assertThat(ScratchFrame.ofAck("x".repeat(4_091))).isNotNull();
    assertThat(ScratchFrame.ofAck("x".repeat(4_092))).isNull();
  }

  private static void assertSame(Message message, String description) {
    byte[] expected = message.toByteArray();
    assertThat(MessageSize.of(message)).as(description).isEqualTo(expected.length);
    byte[] frame = BinaryTranslator.encode(message, 5);
    assertThat(Arrays.copyOfRange(frame, 5 + HEADER, frame.length))
        .as(description)
        .isEqualTo(expected);
    ScratchFrame scratch = ScratchFrame.of(message, expected.length);
    boolean small = expected.length <= 4_094 && MessageSize.isPlain(message);
    assertThat(scratch != null).as(description).isEqualTo(small);
    if (small) {
      assertThat(Arrays.copyOf(scratch.bytes(), scratch.length()))
          .as(description)
          .isEqualTo(BinaryTranslator.encode(message));
    }
    ScratchFrame inner = ScratchFrame.of(message, expected.length, 5);
    assertThat(inner != null).as(description).isEqualTo(small && expected.length <= 4_089);
    if (inner != null) {
      assertThat(Arrays.copyOfRange(inner.bytes(), 5, inner.length()))
          .as(description)
          .isEqualTo(BinaryTranslator.encode(message));
    }
  }

  static Message random(Random random) {
    Message.Builder message =
        Message.newBuilder()
            .setEventId(text(random))
            .setFrom(text(random))
            .setTo(text(random))
            .setCreateAt(text(random))
            .setType(text(random))
            .setBody(text(random))
            .setContentType(text(random))
            .setReplyTo(text(random));
    for (int i = random.nextInt(3); i > 0; i--) {
      byte[] attachment = new byte[random.nextInt(200)];
      random.nextBytes(attachment);
      message.addAttachments(ByteString.copyFrom(attachment));
    }
    return message.build();
  }

  private static String text(Random random) {
    int length = random.nextInt(3) == 0 ? 0 : random.nextInt(150);
    boolean ascii = random.nextBoolean();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(CHARACTERS[ascii ? random.nextInt(3) : random.nextInt(CHARACTERS.length)]);
    }
    return text.toString();
  }
}

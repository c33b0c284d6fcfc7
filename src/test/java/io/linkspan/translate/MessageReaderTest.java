package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.Message;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares what is read with what the generated parser reads from the same bytes. */
class MessageReaderTest {

  private static final int MESSAGES = 2_000;
  private static final Message PLAIN =
      Message.newBuilder()
          .setEventId("e")
          .setFrom("f")
          .setTo("service:echo")
          .setCreateAt("2026-01-01T00:00:00Z")
          .setType("chat")
          .setBody("x".repeat(300))
          .addAttachments(ByteString.copyFromUtf8("é"))
          .addAttachments(ByteString.EMPTY)
          .setContentType("text/plain")
          .setReplyTo("r")
          .build();

  @Test
  void everyPlainFieldIsRead() {
    assertThat(read(PLAIN.toByteArray())).isEqualTo(PLAIN);
    Message empty = Message.getDefaultInstance();
    assertThat(read(new byte[0])).isEqualTo(empty);
  }

  @Test
  void aMessageKeepsNothingOfTheOneBefore() {
    Message first = read(PLAIN.toByteArray());
    Message second = Message.newBuilder().setBody("b").build();
    assertThat(read(second.toByteArray())).isEqualTo(second);
    assertThat(first).isEqualTo(PLAIN);
  }

  @Test
  void namesThatAreKeptInTheSamePlaceAreNotMixedUp() {
    for (int round = 0; round < 2; round++) {
      for (int i = 0; i < 2_000; i++) {
        Message message = Message.newBuilder().setTo("user:" + i).setType("t" + i % 7).build();
        assertThat(read(message.toByteArray())).isEqualTo(message);
      }
    }
    // Both have the same hash code.
    Message one = Message.newBuilder().setTo("Aa").build();
    Message other = Message.newBuilder().setTo("BB").build();
    assertThat(read(one.toByteArray())).isEqualTo(one);
    assertThat(read(other.toByteArray())).isEqualTo(other);
    assertThat(read(one.toByteArray()).getTo()).isSameAs(read(one.toByteArray()).getTo());
  }

  @Test
  void theLastOfARepeatedFieldIsRead() throws InvalidProtocolBufferException {
    byte[] twice = concat(PLAIN.toByteArray(), Message.newBuilder().setTo("b").build());
    assertThat(read(twice)).isEqualTo(Message.parseFrom(twice));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152})
  void lengthsOfSeveralBytesAreRead(int length) {
    Message message = Message.newBuilder().setBody("x".repeat(length)).setTo("b").build();
    assertThat(read(message.toByteArray())).isEqualTo(message);
  }

  @Test
  void oneByteThatIsNotAsciiIsFoundAnywhere() {
    byte[] message = Message.newBuilder().setBody("x".repeat(40)).build().toByteArray();
    for (int i = 2; i < message.length; i++) {
      byte[] changed = message.clone();
      changed[i] = (byte) 0x80;
      assertIsLeft(changed);
      changed[i] = (byte) 0xFF;
      assertIsLeft(changed);
    }
  }

  @Test
  void whatIsNotPlainIsLeftToTheParser() {
    assertIsLeft(Message.newBuilder().putHeaders("a", "b").build().toByteArray());
    assertIsLeft(Message.newBuilder().setBody("é").build().toByteArray());
    // An unknown field, a number, a length that is missing, a field that is cut, a long tag, a
    // length
    // of five bytes.
    assertIsLeft(new byte[] {0x5A, 0});
    assertIsLeft(new byte[] {0x08, 1});
    assertIsLeft(new byte[] {0x0A});
    assertIsLeft(new byte[] {0x0A, (byte) 0x80});
    assertIsLeft(new byte[] {0x0A, 2, 'a'});
    assertIsLeft(new byte[] {(byte) 0x8A, 0, 1, 'a'});
    assertIsLeft(new byte[] {0x0A, (byte) 0x81, (byte) 0x80, (byte) 0x80, (byte) 0x80, 0, 'a'});
  }

  @Test
  void damagedBytesAreReadAsTheParserReadsThemOrLeftToIt() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < MESSAGES; i++) {
      byte[] bytes = MessageWriterTest.random(random).toByteArray();
      for (int damage = random.nextInt(3); damage > 0 && bytes.length > 0; damage--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      Message read = read(bytes);
      if (read != null) {
        assertThat(parse(bytes)).as("seed %d, message %d", seed, i).isEqualTo(read);
      }
    }
  }

  private static Message read(byte[] bytes) {
    Message read = MessageReader.read(bytes, 0, bytes.length);
    // A part of an array is read as an array of its own.
    byte[] longer = new byte[bytes.length + 9];
    Arrays.fill(longer, (byte) 0x0A);
    System.arraycopy(bytes, 0, longer, 4, bytes.length);
    assertThat(MessageReader.read(longer, 4, 4 + bytes.length)).isEqualTo(read);
    return read;
  }

  private static Message parse(byte[] bytes) {
    try {
      return Message.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return null;
    }
  }

  private static void assertIsLeft(byte[] bytes) {
    assertThat(read(bytes)).isNull();
  }

  private static byte[] concat(byte[] first, Message second) {
    return ByteString.copyFrom(first).concat(second.toByteString()).toByteArray();
  }
}

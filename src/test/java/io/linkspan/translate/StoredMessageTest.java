package io.linkspan.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import io.linkspan.api.Message;
import io.linkspan.api.MessageSize;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StoredMessageTest {

  private static final int MESSAGES = 1_000;

  @Test
  void randomMessagesAreReadAsTheyWereWritten() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < MESSAGES; i++) {
      Message message = MessageWriterTest.random(random);
      if (random.nextInt(4) == 0) {
        message = message.toBuilder().putHeaders("k", "v").build();
      }
      assertStores(message, random.nextInt(3), "seed " + seed + ", message " + i);
    }
  }

  @Test
  void unknownFieldsAreKept() {
    var unknown =
        UnknownFieldSet.newBuilder()
            .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build();
    assertStores(Message.newBuilder().setUnknownFields(unknown).build(), 1, "unknown fields");
    assertStores(Message.getDefaultInstance(), 1, "the empty Message");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 127, 128, 16_383, 16_384})
  void eventIdsOfAllLengthsAreCompared(int length) {
    Message message = Message.newBuilder().setEventId("x".repeat(length)).setBody("x").build();
    byte[] stored = assertStores(message, 1, "length " + length);
    assertThat(StoredMessage.hasEventId(stored, 1, "x".repeat(length - 1) + "y")).isFalse();
    assertThat(StoredMessage.hasEventId(stored, 1, "x".repeat(length - 1) + "é")).isFalse();
    assertThat(StoredMessage.hasEventId(stored, 1, "x".repeat(length + 1))).isFalse();
    assertThat(StoredMessage.hasEventId(stored, 1, "")).isFalse();
  }

  @Test
  void anArrayWithAnythingElseIsRefused() {
    assertThatThrownBy(() -> StoredMessage.read(new byte[] {0, 10, 5}, 1))
        .isInstanceOf(IllegalStateException.class);
  }

  private static byte[] assertStores(Message message, int room, String description) {
    byte[] stored = StoredMessage.write(message, MessageSize.of(message), room);
    assertThat(Arrays.copyOfRange(stored, room, stored.length))
        .as(description)
        .isEqualTo(message.toByteArray());
    assertThat(StoredMessage.read(stored, room)).as(description).isEqualTo(message);
    assertThat(StoredMessage.hasEventId(stored, room, message.getEventId()))
        .as(description)
        .isTrue();
    assertThat(StoredMessage.hasEventId(stored, room, message.getEventId() + "é"))
        .as(description)
        .isFalse();
    return stored;
  }
}

package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.UnknownFieldSet;
import io.linkspan.api.Message;
import org.junit.jupiter.api.Test;

/** Copies and completes Messages. */
class MessageDefaultsTest {

  private static final Message REQUEST =
      Message.newBuilder().setEventId("q").setTo("service:orders").build();

  private static final Message COMPLETE_ANSWER =
      Message.newBuilder()
          .setEventId("a")
          .setFrom("billing")
          .setReplyTo("other")
          .setCreateAt("2026-01-01T00:00:00Z")
          .build();

  private final MessageDefaults defaults = new MessageDefaults("p-");

  @Test
  void everyFieldOfTheSchemaIsCopied() {
    Message.Builder all = Message.newBuilder();
    for (FieldDescriptor field : Message.getDescriptor().getFields()) {
      if (field.isMapField()) {
        continue;
      }
      Object value =
          field.getJavaType() == FieldDescriptor.JavaType.BYTE_STRING
              ? ByteString.copyFromUtf8(field.getName())
              : field.getName();
      if (field.isRepeated()) {
        all.addRepeatedField(field, value).addRepeatedField(field, value);
      } else {
        all.setField(field, value);
      }
      assertThat(defaults.builderOf(all.build()).build()).isEqualTo(all.build());
    }
    assertThat(all.getAllFields()).hasSize(Message.getDescriptor().getFields().size() - 1);
    all.putHeaders("name", "value");
    assertThat(defaults.builderOf(all.build()).build()).isEqualTo(all.build());
  }

  @Test
  void fieldsOfLaterVersionsAreCopied() {
    var unknown =
        UnknownFieldSet.newBuilder()
            .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build();
    Message message = Message.newBuilder().setBody("x").setUnknownFields(unknown).build();
    assertThat(defaults.builderOf(message).build()).isEqualTo(message);
  }

  @Test
  void anEmptyMessageStaysEmpty() {
    assertThat(defaults.builderOf(Message.getDefaultInstance()).build())
        .isEqualTo(Message.getDefaultInstance());
  }

  @Test
  void aCopyKeepsNothingOfTheMessageBefore() {
    Message.Builder all = Message.newBuilder().addAttachments(ByteString.copyFromUtf8("1"));
    for (FieldDescriptor field : Message.getDescriptor().getFields()) {
      if (!field.isRepeated()) {
        all.setField(field, field.getName());
      }
    }
    Message first = defaults.builderOf(all.build()).build();
    Message second = defaults.builderOf(Message.newBuilder().setBody("b").build()).build();
    Message third =
        defaults
            .builderOf(Message.newBuilder().addAttachments(ByteString.copyFromUtf8("2")).build())
            .build();
    assertThat(second).isEqualTo(Message.newBuilder().setBody("b").build());
    assertThat(third.getAttachmentsList()).containsExactly(ByteString.copyFromUtf8("2"));
    assertThat(first).isEqualTo(all.build());
  }

  @Test
  void eventIdsCountUpInBase36() {
    for (long number = 1; number < 5_000; number++) {
      assertThat(defaults.complete(Message.getDefaultInstance()).getEventId())
          .isEqualTo("p-" + Long.toString(number, Character.MAX_RADIX));
    }
    Message completed = new MessageDefaults("é").complete(Message.getDefaultInstance());
    assertThat(completed.getEventId()).isEqualTo("é1");
  }

  @Test
  void anAnswerWithoutASenderIsFromTheAddressOfTheRequest() {
    Message answer = defaults.answer(Message.newBuilder().setBody("x").build(), REQUEST);
    assertThat(answer.getFrom()).isEqualTo("service:orders");
    assertThat(answer.getReplyTo()).isEqualTo("q");
    assertThat(answer.getEventId()).startsWith("p-");
    assertThat(answer.getCreateAt()).endsWith("Z");
    assertThat(answer.getBody()).isEqualTo("x");
  }

  @Test
  void onlyAMissingSenderIsFilledIn() {
    Message answer = COMPLETE_ANSWER.toBuilder().clearFrom().build();
    assertThat(defaults.answer(answer, REQUEST))
        .isEqualTo(COMPLETE_ANSWER.toBuilder().setFrom("service:orders").build());
  }

  @Test
  void anAnswerKeepsItsOwnSender() {
    assertThat(defaults.answer(COMPLETE_ANSWER, REQUEST)).isSameAs(COMPLETE_ANSWER);
    Message answer = Message.newBuilder().setFrom("billing").build();
    assertThat(defaults.answer(answer, REQUEST).getFrom()).isEqualTo("billing");
  }

  @Test
  void anAnswerToARequestWithoutAnAddressHasNoSender() {
    Message request = REQUEST.toBuilder().clearTo().build();
    assertThat(defaults.answer(Message.getDefaultInstance(), request).getFrom()).isEmpty();
    Message answer = COMPLETE_ANSWER.toBuilder().clearFrom().build();
    assertThat(defaults.answer(answer, request)).isSameAs(answer);
  }
}

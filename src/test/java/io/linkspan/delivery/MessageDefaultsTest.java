package io.linkspan.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.UnknownFieldSet;
import io.linkspan.api.Message;
import org.junit.jupiter.api.Test;

/** A copied Message has every field of the original. */
class MessageDefaultsTest {

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
      assertThat(MessageDefaults.builderOf(all.build()).build()).isEqualTo(all.build());
    }
    assertThat(all.getAllFields()).hasSize(Message.getDescriptor().getFields().size() - 1);
    all.putHeaders("name", "value");
    assertThat(MessageDefaults.builderOf(all.build()).build()).isEqualTo(all.build());
  }

  @Test
  void fieldsOfLaterVersionsAreCopied() {
    var unknown =
        UnknownFieldSet.newBuilder()
            .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build();
    Message message = Message.newBuilder().setBody("x").setUnknownFields(unknown).build();
    assertThat(MessageDefaults.builderOf(message).build()).isEqualTo(message);
  }

  @Test
  void anEmptyMessageStaysEmpty() {
    assertThat(MessageDefaults.builderOf(Message.getDefaultInstance()).build())
        .isEqualTo(Message.getDefaultInstance());
  }
}

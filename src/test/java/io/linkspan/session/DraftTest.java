package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.UnknownFieldSet;
import io.linkspan.api.Message;
import org.junit.jupiter.api.Test;

/** Nothing is lost on the way from one Message to the next. */
class DraftTest {

  @Test
  void everyFieldOfTheSchemaIsThere() {
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
      assertThat(Draft.of(all.build()).build()).isEqualTo(all.build());
    }
    assertThat(all.getAllFields()).hasSize(Message.getDescriptor().getFields().size() - 1);
    all.putHeaders("name", "value");
    assertThat(Draft.of(all.build()).build()).isEqualTo(all.build());
  }

  @Test
  void soIsWhatThisVersionDoesNotKnow() {
    var unknown =
        UnknownFieldSet.newBuilder()
            .addField(77, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build();
    Message message = Message.newBuilder().setBody("x").setUnknownFields(unknown).build();
    assertThat(Draft.of(message).build()).isEqualTo(message);
  }

  @Test
  void anEmptyMessageStaysEmpty() {
    assertThat(Draft.of(Message.getDefaultInstance()).build())
        .isEqualTo(Message.getDefaultInstance());
  }
}

package io.linkspan.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutgoingTest {

  @Test
  void eachFormIsEncodedOnce() {
    Message message = Message.newBuilder().setBody("hello").build();
    var outgoing = new Outgoing(message);
    List<Message> encodedAsText = new ArrayList<>();
    List<Message> encodedAsBytes = new ArrayList<>();
    Outgoing.Encoder<String> text =
        m -> {
          encodedAsText.add(m);
          return m.getBody();
        };
    Outgoing.Encoder<byte[]> bytes =
        m -> {
          encodedAsBytes.add(m);
          return m.toByteArray();
        };
    String firstText = outgoing.as(text);
    byte[] firstBytes = outgoing.as(bytes);
    for (int i = 0; i < 10; i++) {
      assertThat(outgoing.as(text)).isSameAs(firstText);
      assertThat(outgoing.as(bytes)).isSameAs(firstBytes);
    }
    assertThat(encodedAsText).containsExactly(message);
    assertThat(encodedAsBytes).containsExactly(message);
  }

  @Test
  void onlyACallExpectsAnAnswer() {
    Message call = Message.newBuilder().setType("method").build();
    assertThat(new Outgoing(call).expectsAnswer()).isTrue();
    assertThat(new Outgoing(call.toBuilder().setReplyTo("1").build()).expectsAnswer()).isFalse();
    assertThat(new Outgoing(call.toBuilder().setType("text").build()).expectsAnswer()).isFalse();
  }
}

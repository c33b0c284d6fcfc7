package io.linkspan.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HeadersTest {

  private static final int LOOKS = 10_000;

  /** Returns a Message as built, parsed, copied and merged. */
  private static List<Message> forms(Message built) throws InvalidProtocolBufferException {
    return List.of(
        built,
        Message.parseFrom(built.toByteArray()),
        built.toBuilder().build(),
        Message.newBuilder().mergeFrom(built).build());
  }

  @Test
  void headersAreReadAsProtobufReadsThem() throws InvalidProtocolBufferException {
    var headers = Map.of(Headers.VOLATILE, "true", "other", "");
    for (Message message : forms(Message.newBuilder().putAllHeaders(headers).build())) {
      assertThat(Headers.count(message)).isEqualTo(2);
      assertThat(Headers.get(message, Headers.VOLATILE)).isEqualTo("true");
      assertThat(Headers.get(message, "other")).isEmpty();
      assertThat(Headers.get(message, Headers.CHANNEL)).isNull();
    }
  }

  @Test
  void aMessageMayHaveNoHeaders() throws InvalidProtocolBufferException {
    Message cleared = Message.newBuilder().putHeaders("a", "b").clearHeaders().build();
    for (Message without : List.of(Message.getDefaultInstance(), cleared)) {
      for (Message message : forms(without)) {
        assertThat(Headers.count(message)).isZero();
        assertThat(Headers.get(message, Headers.VOLATILE)).isNull();
      }
    }
  }

  @Test
  void aLookAtAMessageWithoutHeadersAllocatesNothing() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Message message = Message.newBuilder().setBody("text").build();
    assertThat(look(message)).isZero();
    long before = threads.getCurrentThreadAllocatedBytes();
    int found = look(message);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(found).isZero();
    assertThat(allocated).isLessThan(LOOKS);
  }

  private static int look(Message message) {
    int found = 0;
    for (int i = 0; i < LOOKS; i++) {
      found += Headers.count(message);
      found += Headers.get(message, Headers.VOLATILE) == null ? 0 : 1;
    }
    return found;
  }
}

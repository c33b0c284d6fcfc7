package io.linkspan.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.StringValue;
import io.vertx.core.buffer.Buffer;
import org.junit.jupiter.api.Test;

class BusCodecsTest {

  private static final String HEADER = "header";

  private final BusCodecs.ProtobufCodec<StringValue> codec =
      new BusCodecs.ProtobufCodec<>("s", StringValue.parser());

  @Test
  void theWireFormIsProtobufUpToTheEnd() {
    StringValue sent = StringValue.of("wire");
    Buffer wire = Buffer.buffer(HEADER);
    codec.encodeToWire(wire, sent);
    assertThat(codec.decodeFromWire(HEADER.length(), wire)).isEqualTo(sent);
  }

  @Test
  void aBodyThatIsNotProtobufIsRefused() {
    Buffer wire = Buffer.buffer(HEADER).appendByte((byte) 0xff);
    assertThatThrownBy(() -> codec.decodeFromWire(HEADER.length(), wire))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theRetryTimeTravelsBetweenNodes() {
    var failures = new RetryableReply.Codec();
    Buffer wire = Buffer.buffer(HEADER);
    failures.encodeToWire(wire, new RetryableReply(429, "später", 1500));
    RetryableReply received = failures.decodeFromWire(HEADER.length(), wire);
    assertThat(received.failureCode()).isEqualTo(429);
    assertThat(received.getMessage()).isEqualTo("später");
    assertThat(received.retryAfterMs()).isEqualTo(1500);
  }
}

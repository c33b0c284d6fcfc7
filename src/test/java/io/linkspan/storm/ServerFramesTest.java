package io.linkspan.storm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reading the frames of a server as they arrive. */
class ServerFramesTest implements ServerFrames.Events {

  private final ServerFrames frames = new ServerFrames();
  private final List<String> events = new ArrayList<>();

  @Override
  public void binary(byte[] payload) {
    events.add("binary " + payload.length);
  }

  @Override
  public void ping() {
    events.add("ping");
  }

  @Override
  public void closed(int code) {
    events.add("closed " + code);
  }

  private void read(int... bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(bytes.length);
    for (int each : bytes) {
      buffer.put((byte) each);
    }
    frames.read(buffer.flip(), this);
  }

  @Test
  void readsSeveralFramesOfOneBuffer() {
    read(0x82, 2, 1, 2, 0x89, 0, 0x88, 2, 0x03, 0xF0);

    assertThat(events).containsExactly("binary 2", "ping", "closed 1008");
  }

  @Test
  void readsAFrameByteByByte() {
    for (int each : new int[] {0x82, 3, 7, 8, 9}) {
      assertThat(events).isEmpty();
      read(each);
    }

    assertThat(events).containsExactly("binary 3");
  }

  @Test
  void skipsALongPayload() {
    read(0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0);
    frames.read(ByteBuffer.allocate(65_535), this);
    assertThat(events).isEmpty();
    read(0);

    assertThat(events).containsExactly("binary 0");
    read(0x82, 126, 0, 200);
    frames.read(ByteBuffer.allocate(200), this);
    assertThat(events).containsExactly("binary 0", "binary 200");
  }

  @Test
  void aCloseWithoutACodeIsNamed1005() {
    read(0x88, 0);

    assertThat(events).containsExactly("closed 1005");
  }

  @Test
  void leavesOutTextsAndPongs() {
    read(0x81, 1, 'x', 0x8A, 0);

    assertThat(events).isEmpty();
  }
}

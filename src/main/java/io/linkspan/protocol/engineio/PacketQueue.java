package io.linkspan.protocol.engineio;

import io.linkspan.protocol.ShortQueue;
import java.util.ArrayList;
import java.util.List;

/** Holds the packets that wait to be sent, and their weight. */
final class PacketQueue {
  private final ShortQueue<EnginePacket> packets = new ShortQueue<>();
  private long weight;

  void add(EnginePacket packet) {
    packets.add(packet);
    weight += packet.weight();
  }

  /** Returns the next packet, or null. */
  EnginePacket poll() {
    EnginePacket packet = packets.poll();
    if (packet != null) {
      weight -= packet.weight();
    }
    return packet;
  }

  /** Takes packets until they weigh as much as this; one that is heavier goes alone. */
  List<EnginePacket> take(long limit) {
    List<EnginePacket> taken = new ArrayList<>(packets.size() + 1);
    for (long room = limit; room > 0 && !packets.isEmpty(); ) {
      EnginePacket packet = poll();
      room -= packet.weight();
      taken.add(packet);
    }
    return taken;
  }

  boolean isEmpty() {
    return packets.isEmpty();
  }

  /** In characters and bytes, with something for each packet. */
  long weight() {
    return weight;
  }

  void clear() {
    packets.clear();
    weight = 0;
  }
}

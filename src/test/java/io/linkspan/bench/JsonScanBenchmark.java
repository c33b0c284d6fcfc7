package io.linkspan.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.sun.management.ThreadMXBean;
import io.linkspan.protocol.engineio.EnginePacket;
import io.linkspan.protocol.engineio.Generation;
import io.linkspan.protocol.socketio.SocketDecoder;
import io.linkspan.protocol.socketio.SocketPacket;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Compares two ways to check the JSON of a Socket.IO event and to find its parts: the decoder of
 * the gateway, with its own scanner, and jackson-core's streaming parser.
 */
public final class JsonScanBenchmark {

  /** Turns the text of a packet into an event. */
  private interface Reader {
    Object read(String packet) throws IOException;
  }

  /** The parts of an event that the decoder keeps. */
  private record Read(String name, long id, String arguments) {}

  /**
   * The cost of one packet.
   *
   * @param nanos of processor time of the thread
   * @param bytes allocated
   */
  private record Cost(double nanos, double bytes) {}

  private static final int ROUNDS = 9;
  private static final long BATCH_CHARACTERS = 40_000_000;
  private static final int PREFIX = 2;

  private static final JsonFactory JACKSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).build())
          .build();

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Takes what was read, so that the compiler cannot remove what is measured. */
  private static final AtomicReference<Object> SINK = new AtomicReference<>();

  private JsonScanBenchmark() {}

  /** Prints a table in Markdown. */
  public static void main(String[] arguments) throws IOException {
    Map<String, Reader> readers = new LinkedHashMap<>();
    var decoder = new SocketDecoder(Generation.V4, 1_000_000);
    readers.put("scanner", packet -> decoder.decode(EnginePacket.encodedMessage(packet)));
    readers.put("jackson", JsonScanBenchmark::readWithJackson);
    System.out.println("| packet | reader | ns | bytes allocated |");
    System.out.println("| --- | --- | ---: | ---: |");
    for (Map.Entry<String, String> packet : packets().entrySet()) {
      Map<String, List<Cost>> costs = new LinkedHashMap<>();
      for (int round = 0; round < ROUNDS; round++) {
        for (Map.Entry<String, Reader> reader : readers.entrySet()) {
          costs
              .computeIfAbsent(reader.getKey(), name -> new ArrayList<>())
              .add(measure(reader.getValue(), packet.getValue()));
        }
      }
      costs.forEach((reader, all) -> print(packet.getKey(), reader, all));
    }
  }

  private static Map<String, String> packets() {
    Map<String, String> packets = new LinkedHashMap<>();
    packets.put("event of 40 characters", "4212[\"message\",{\"body\":\"hello, world\"}]");
    packets.put(
        "object of 10 members",
        "42[\"order\",{\"id\":4711,\"user\":\"alice\",\"items\":[1,2,3],\"total\":12.5,\"paid\":true,"
            + "\"note\":null,\"address\":{\"street\":\"Main St\",\"zip\":\"12345\"},\"tags\":[\"a\",\"b\"],"
            + "\"created\":\"2026-11-29T09:00:00Z\",\"currency\":\"EUR\"}]");
    packets.put("string of 10,000 characters", "42[\"text\",\"" + "x".repeat(10_000) + "\"]");
    packets.put("1,000 numbers", "42[\"numbers\",[" + "123.45,".repeat(999) + "0]]");
    return packets;
  }

  private static Cost measure(Reader reader, String packet) throws IOException {
    long times = Math.max(1_000, BATCH_CHARACTERS / packet.length());
    long thread = Thread.currentThread().getId();
    long bytes = THREADS.getThreadAllocatedBytes(thread);
    long nanos = THREADS.getCurrentThreadCpuTime();
    for (long i = 0; i < times; i++) {
      SINK.set(reader.read(packet));
    }
    nanos = THREADS.getCurrentThreadCpuTime() - nanos;
    bytes = THREADS.getThreadAllocatedBytes(thread) - bytes;
    return new Cost((double) nanos / times, (double) bytes / times);
  }

  private static void print(String packet, String reader, List<Cost> costs) {
    double nanos = Rounds.median(costs.stream().mapToDouble(Cost::nanos).toArray());
    double bytes = Rounds.median(costs.stream().mapToDouble(Cost::bytes).toArray());
    System.out.printf("| %s | %s | %.0f | %.0f |%n", packet, reader, nanos, bytes);
  }

  /** Does what the decoder does for a plain event: checks everything, and keeps the text. */
  private static Object readWithJackson(String packet) throws IOException {
    int at = PREFIX;
    long id = SocketPacket.NO_ACK;
    for (; packet.charAt(at) != '['; at++) {
      id = Math.max(0, id) * 10 + packet.charAt(at) - '0';
    }
    String json = packet.substring(at);
    try (JsonParser parser = JACKSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_ARRAY
          || parser.nextToken() != JsonToken.VALUE_STRING) {
        throw new IOException("not an event");
      }
      String name = parser.getText();
      int rest = -1;
      int depth = 1;
      while (depth > 0) {
        JsonToken token = parser.nextToken();
        if (rest < 0) {
          rest = (int) parser.currentTokenLocation().getCharOffset();
        }
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      }
      int end = (int) parser.currentLocation().getCharOffset();
      if (parser.nextToken() != null) {
        throw new IOException("more than an event");
      }
      return new Read(name, id, "[".concat(json.substring(rest, end)));
    }
  }
}

package io.linkspan.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import com.sun.management.ThreadMXBean;
import io.linkspan.api.AckMessage;
import io.linkspan.api.Message;
import io.linkspan.translate.BinaryTranslator;
import io.linkspan.translate.JsonTranslator;
import io.linkspan.translate.MessageLimits;
import io.linkspan.translate.ScratchFrame;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** Compares how the gateway reads and writes plain Messages with the generated methods. */
public final class MessageCodecBenchmark {

  /** Reads or writes one Message. */
  private interface Work {
    Object once() throws InvalidProtocolBufferException;
  }

  /**
   * The cost of one Message.
   *
   * @param nanos of processor time of the thread
   * @param bytes allocated
   */
  private record Cost(double nanos, double bytes) {}

  private static final int ROUNDS = 9;
  private static final int TIMES = 500_000;
  private static final int HEADER = 2;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Takes what was made, so that the compiler cannot remove what is measured. */
  private static final AtomicReference<Object> SINK = new AtomicReference<>();

  private MessageCodecBenchmark() {}

  /** Prints a table in Markdown. */
  public static void main(String[] arguments) throws InvalidProtocolBufferException {
    String eventId = "01234567-89ab-cdef-0123-456789abcdef";
    Message message =
        Message.newBuilder()
            .setEventId(eventId)
            .setFrom("user1")
            .setTo("service:echo")
            .setCreateAt("2026-11-29T09:00:00.000Z")
            .setType("chat")
            .setBody("x".repeat(64))
            .build();
    byte[] frame = BinaryTranslator.encode(message);
    Map<String, Work> works = new LinkedHashMap<>();
    works.put(
        "read, generated", () -> Message.parser().parseFrom(frame, HEADER, frame.length - HEADER));
    works.put("read", () -> BinaryTranslator.decode(frame, MessageLimits.NONE));
    works.put("write, generated", () -> copy(message).toByteArray());
    works.put("write", () -> BinaryTranslator.encode(copy(message)));
    works.put(
        "write into a used array",
        () -> {
          Message copy = copy(message);
          return ScratchFrame.of(copy, frame.length - HEADER);
        });
    works.put(
        "acknowledgement, generated",
        () -> AckMessage.newBuilder().setEventId(eventId).build().toByteArray());
    works.put("acknowledgement", () -> ScratchFrame.ofAck(eventId));
    byte[] json = JsonTranslator.encodeUtf8(message);
    String text = new String(json, StandardCharsets.UTF_8);
    works.put(
        "read JSON, protobuf's parser",
        () -> {
          Message.Builder read = Message.newBuilder();
          JsonFormat.parser().merge(text, read);
          return read.build();
        });
    works.put("read JSON", () -> JsonTranslator.decode(text, MessageLimits.NONE));
    JsonFormat.Printer printer = JsonFormat.printer().omittingInsignificantWhitespace();
    works.put(
        "write JSON, protobuf's printer",
        () -> printer.print(copy(message)).getBytes(StandardCharsets.UTF_8));
    works.put("write JSON", () -> JsonTranslator.encodeUtf8(copy(message)));
    works.put("a copy, which each row of writing contains", () -> copy(message));
    Map<String, List<Cost>> costs = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (Map.Entry<String, Work> work : works.entrySet()) {
        costs
            .computeIfAbsent(work.getKey(), name -> new ArrayList<>())
            .add(measure(work.getValue()));
      }
    }
    System.out.println("| | ns | bytes allocated |");
    System.out.println("| --- | ---: | ---: |");
    costs.forEach(MessageCodecBenchmark::print);
  }

  /** Returns a new object: the generated methods store the size of a Message in it. */
  private static Message copy(Message message) {
    return Message.newBuilder()
        .setEventId(message.getEventId())
        .setFrom(message.getFrom())
        .setTo(message.getTo())
        .setCreateAt(message.getCreateAt())
        .setType(message.getType())
        .setBody(message.getBody())
        .build();
  }

  private static Cost measure(Work work) throws InvalidProtocolBufferException {
    long thread = Thread.currentThread().getId();
    long bytes = THREADS.getThreadAllocatedBytes(thread);
    long nanos = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < TIMES; i++) {
      SINK.set(work.once());
    }
    nanos = THREADS.getCurrentThreadCpuTime() - nanos;
    bytes = THREADS.getThreadAllocatedBytes(thread) - bytes;
    return new Cost((double) nanos / TIMES, (double) bytes / TIMES);
  }

  private static void print(String work, List<Cost> costs) {
    double nanos = Rounds.median(costs.stream().mapToDouble(Cost::nanos).toArray());
    double bytes = Rounds.median(costs.stream().mapToDouble(Cost::bytes).toArray());
    System.out.printf("| %s | %.0f | %.0f |%n", work, nanos, bytes);
  }
}

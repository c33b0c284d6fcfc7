package io.linkspan.bench;

import com.google.protobuf.InvalidProtocolBufferException;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.testing.RawWebSocket;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.WebSocketTestClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures how late values are for a client that reads 20 KB/s of a group to which 1,000 Messages
 * per second over ten keys are sent, and how late they are for the other members.
 */
public final class SlowReaderBenchmark {

  /** Policies for the slow reader; {@link #ALONE} has no slow reader. */
  private enum Mode {
    ALONE,
    QUEUE,
    LATEST,
    DROP_OLDEST,
    CUT
  }

  private static final int KEYS = 10;
  private static final int FAST_READERS = 8;
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final int SECONDS = 60;

  /** Seconds at the end that are measured. */
  private static final int MEASURED = 10;

  private static final int BYTES_PER_SECOND = 20 * 1024;
  private static final int RECEIVE_BUFFER = 4 * 1024;
  private static final String FILLING = "x".repeat(100);
  private static final int MESSAGE = 11;

  private SlowReaderBenchmark() {}

  /** Prints a table in Markdown. Arguments are seconds per mode, and modes. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Options<Mode> options = Options.parse(arguments, SECONDS, Mode.values());
    System.out.println(
        "| slow reader | its values late, p50 ms | p99 ms | received/s | wait in the gateway |"
            + " others late, p50 us | p99 us |");
    System.out.println("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (Mode mode : options.modes()) {
      measure(mode, options.rounds());
    }
  }

  private static void measure(Mode mode, int seconds) throws IOException, InterruptedException {
    try (ServerProcess gateway = ServerProcess.gateway(2)) {
      int port = gateway.port("http");
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
      long measureFrom = end - TimeUnit.SECONDS.toNanos(Math.min(seconds, MEASURED));
      List<Reader> readers = new ArrayList<>();
      for (int i = 0; i < FAST_READERS; i++) {
        readers.add(new Reader(port, "fast-" + i, 0, measureFrom, end));
      }
      Reader slow =
          mode == Mode.ALONE ? null : new Reader(port, "slow", BYTES_PER_SECOND, measureFrom, end);
      List<Reader> all = new ArrayList<>(readers);
      if (slow != null) {
        all.add(slow);
      }
      all.forEach(Thread::start);
      Thread sender = new Thread(() -> send(port, mode, all), "sender");
      sender.start();
      parkUntil(end - TimeUnit.SECONDS.toNanos(1));
      int management = gateway.port("management");
      double waiting = Scrape.metric(management, "linkspan_slow_waiting");
      sender.join();
      print(mode, slow, readers, waiting);
    }
  }

  private static void parkUntil(long due) {
    while (System.nanoTime() < due) {
      LockSupport.parkNanos(due - System.nanoTime());
    }
  }

  private static void print(Mode mode, Reader slow, List<Reader> fast, double waiting) {
    long[] others =
        fast.stream().flatMapToLong(reader -> Arrays.stream(reader.late())).sorted().toArray();
    long[] late = slow == null ? new long[0] : Arrays.stream(slow.late()).sorted().toArray();
    System.out.printf(
        "| %s | %s | %s | %d | %.0f | %.0f | %.0f |%n",
        Options.nameOf(mode),
        millis(late, 0.5),
        millis(late, 0.99),
        late.length / MEASURED,
        waiting,
        at(others, 0.5) / 1e3,
        at(others, 0.99) / 1e3);
  }

  private static String millis(long[] sorted, double share) {
    return sorted.length == 0 ? "none" : "%.0f".formatted(at(sorted, share) / 1e6);
  }

  private static double at(long[] sorted, double share) {
    return sorted.length == 0 ? 0 : sorted[(int) ((sorted.length - 1) * share)];
  }

  /** Sends until all readers have ended: one that waits for a frame does not look at the time. */
  private static void send(int port, Mode mode, List<Reader> readers) {
    try (RawWebSocket sender = RawWebSocket.connect(port, "/ws?ack=transport&user=sender")) {
      join(sender);
      Thread answers = new Thread(() -> readAll(sender));
      answers.setDaemon(true);
      answers.start();
      for (long due = System.nanoTime();
          readers.stream().anyMatch(Thread::isAlive);
          due += TICK_NANOS) {
        parkUntil(due);
        for (int key = 0; key < KEYS; key++) {
          Message.Builder value =
              Message.newBuilder()
                  .setTo("group:prices")
                  .setType("price")
                  .setBody(System.nanoTime() + " " + FILLING);
          if (mode != Mode.ALONE) {
            value
                .putHeaders(Headers.SLOW, Options.nameOf(mode))
                .putHeaders(Headers.SLOW_KEY, "" + key);
          }
          sender.sendBinary(WebSocketTestClient.frame(MESSAGE, value.build().toByteArray()));
        }
      }
    }
  }

  private static void readAll(RawWebSocket socket) {
    while (socket.readData().opcode() != RawWebSocket.CLOSE) {
      // Acknowledgements.
    }
  }

  private static void join(RawWebSocket socket) {
    Message join =
        Message.newBuilder().setEventId("join").setType("join_group").setBody("prices").build();
    socket.sendBinary(WebSocketTestClient.frame(MESSAGE, join.toByteArray()));
    socket.readData();
  }

  /** A member of the group. */
  private static final class Reader extends Thread {
    private final RawWebSocket socket;
    private final int bytesPerSecond;
    private final long measureFrom;
    private final long end;
    private long[] late = new long[1024];
    private int count;

    /**
     * @param bytesPerSecond that it reads; 0: all
     */
    Reader(int port, String user, int bytesPerSecond, long measureFrom, long end) {
      super(user);
      this.bytesPerSecond = bytesPerSecond;
      this.measureFrom = measureFrom;
      this.end = end;
      socket =
          RawWebSocket.connect(
              port, bytesPerSecond == 0 ? 0 : RECEIVE_BUFFER, "/ws?ack=transport&user=" + user);
      SlowReaderBenchmark.join(socket);
      setDaemon(true);
    }

    long[] late() {
      return Arrays.copyOf(late, count);
    }

    @Override
    public void run() {
      long begun = System.nanoTime();
      long bytes = 0;
      for (RawWebSocket.Frame frame; System.nanoTime() < end; ) {
        frame = socket.readData();
        if (frame.opcode() == RawWebSocket.CLOSE) {
          break;
        }
        long now = System.nanoTime();
        if (now >= measureFrom) {
          add(now - sentAt(frame));
        }
        bytes += frame.payload().length + 2;
        pace(begun, bytes);
      }
      socket.close();
    }

    private void pace(long begun, long bytes) {
      if (bytesPerSecond == 0) {
        return;
      }
      parkUntil(begun + bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
    }

    private static long sentAt(RawWebSocket.Frame frame) {
      try {
        byte[] payload = frame.payload();
        String body = Message.parseFrom(Arrays.copyOfRange(payload, 2, payload.length)).getBody();
        return Long.parseLong(body.substring(0, body.indexOf(' ')));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException(e);
      }
    }

    private void add(long nanos) {
      if (count == late.length) {
        late = Arrays.copyOf(late, 2 * count);
      }
      late[count++] = nanos;
    }
  }
}

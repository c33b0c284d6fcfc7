package io.linkspan.bench;

import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.Scrape;
import io.linkspan.testing.WebSocketTestClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * Measures what it costs that a Message survives the node of its recipient: by the copies of
 * sessions on other nodes, and by the log of the mailbox in Hazelcast. Each Message goes from a
 * client to a client of another node, which acknowledges it. See docs/benchmarks.md.
 *
 * <p>Usage: {@code OutboxBenchmark [repetitions]}; three without an argument. Prints each run, then
 * the medians.
 */
public final class OutboxBenchmark {

  private static final int NODES = 2;
  private static final int PAIRS = 16;
  private static final long WARM_UP_MS = 8_000;
  private static final long WINDOW_MS = 8_000;

  /** The ways to keep a Message until its recipient has acknowledged it. */
  private enum Way {
    /** Only in the memory of the recipient's node. */
    NOTHING("none", 0, ""),
    /** Copied to another node with the recipient's session. */
    COPIES("copies of sessions", 1, ""),
    /** Appended to a log in Hazelcast with one backup, and removed from it. */
    LOG("log in Hazelcast", 0, "3600");

    final String label;
    final int replicas;
    final String ttl;

    Way(String label, int replicas, String ttl) {
      this.label = label;
      this.replicas = replicas;
      this.ttl = ttl;
    }
  }

  /**
   * The cost of one Message.
   *
   * @param micros CPU time of all nodes
   * @param allocated kilobytes on the heaps of all nodes
   * @param wire bytes over the loopback interface, those of the clients included
   * @param perSecond Messages of all pairs
   */
  private record Cost(double micros, double allocated, double wire, double perSecond) {}

  private OutboxBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    System.setProperty(
        "linkspan.jar",
        System.getProperty("linkspan.jar", Path.of("target", "linkspan.jar").toString()));
    int repetitions = arguments.length == 0 ? 3 : Integer.parseInt(arguments[0]);
    Map<Way, List<Cost>> costs = new EnumMap<>(Way.class);
    for (int i = 0; i < repetitions; i++) {
      for (Way way : Way.values()) {
        Cost cost = measure(way);
        costs.computeIfAbsent(way, any -> new ArrayList<>()).add(cost);
        print(way.label, cost);
      }
    }
    System.out.println("medians");
    costs.forEach(
        (way, all) ->
            print(
                way.label,
                new Cost(
                    median(all.stream().map(Cost::micros).toList()),
                    median(all.stream().map(Cost::allocated).toList()),
                    median(all.stream().map(Cost::wire).toList()),
                    median(all.stream().map(Cost::perSecond).toList()))));
    System.exit(0);
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().toList().get(values.size() / 2);
  }

  private static void print(String label, Cost cost) {
    System.out.printf(
        Locale.ROOT,
        "%-20s %6.1f us CPU, %6.1f KB allocated, %6.0f bytes over loopback, %6.0f/s, load %.1f%n",
        label,
        cost.micros(),
        cost.allocated(),
        cost.wire(),
        cost.perSecond(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  private static Cost measure(Way way) throws Exception {
    Map<String, String> settings =
        Map.of(
            "LINKSPAN_EVENTLOOPS",
            "2",
            "LINKSPAN_SESSION_REPLICAS",
            Integer.toString(way.replicas),
            "LINKSPAN_MAILBOX_FOR",
            way.ttl.isEmpty() ? "0s" : "1h");
    try (var cluster = new ClusterProcess(NODES, 0, settings)) {
      List<Pair> pairs =
          IntStream.range(0, PAIRS).mapToObj(i -> Pair.connect(cluster, i, way.ttl)).toList();
      var count = new AtomicLong();
      var going = new AtomicBoolean(true);
      List<Thread> threads =
          pairs.stream().map(pair -> new Thread(() -> pair.exchange(going, count))).toList();
      threads.forEach(Thread::start);
      Thread.sleep(WARM_UP_MS);
      Totals before = Totals.of(cluster, count);
      Thread.sleep(WINDOW_MS);
      Totals after = Totals.of(cluster, count);
      going.set(false);
      for (Thread thread : threads) {
        thread.join();
      }
      return after.since(before);
    }
  }

  /** Counters at some time. */
  private record Totals(long nanos, long messages, long cpuMicros, double allocated, long wire) {

    static Totals of(ClusterProcess cluster, AtomicLong count) throws IOException {
      long cpu = 0;
      double allocated = 0;
      for (int i = 0; i < NODES; i++) {
        cpu += cluster.node(i).cpuTime().toNanos() / 1_000;
        allocated +=
            Scrape.metric(cluster.node(i).managementPort(), "jvm_gc_memory_allocated_bytes_total");
      }
      return new Totals(System.nanoTime(), count.get(), cpu, allocated, loopback());
    }

    Cost since(Totals before) {
      double count = messages - before.messages;
      return new Cost(
          (cpuMicros - before.cpuMicros) / count,
          (allocated - before.allocated) / 1_024 / count,
          (wire - before.wire) / count,
          count * 1e9 / (nanos - before.nanos));
    }

    /** Returns the bytes that the loopback interface has received. */
    private static long loopback() throws IOException {
      return Files.readAllLines(Path.of("/proc/net/dev")).stream()
          .map(String::strip)
          .filter(line -> line.startsWith("lo:"))
          .mapToLong(line -> Long.parseLong(line.substring(3).strip().split(" +", 2)[0]))
          .findAny()
          .orElseThrow();
    }
  }

  /** A sender with one Message in flight, and its recipient on another node. */
  private record Pair(
      WebSocketTestClient sender, WebSocketTestClient recipient, String to, String ttl) {

    static Pair connect(ClusterProcess cluster, int number, String ttl) {
      String to = "to" + number;
      WebSocketTestClient sender = cluster.connect(0, "ack=client&user=from" + number);
      WebSocketTestClient recipient = cluster.connect(1, "ack=client&session=&user=" + to);
      recipient.receiveMessage();
      return new Pair(sender, recipient, to, ttl);
    }

    void exchange(AtomicBoolean going, AtomicLong count) {
      Message.Builder message = Message.newBuilder().setTo(to).setBody("x".repeat(64));
      if (!ttl.isEmpty()) {
        message.putHeaders("ttl", ttl);
      }
      while (going.get()) {
        sender.send(message.setEventId(Long.toString(count.incrementAndGet())).build());
        recipient.acknowledge(recipient.receiveMessage().getEventId());
        sender.receiveAck();
      }
    }
  }
}

package io.linkspan.bench;

import io.linkspan.api.Message;
import io.linkspan.cluster.ClusterConfig;
import io.linkspan.cluster.HazelcastCluster;
import io.linkspan.cluster.security.ClusterSecurity;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.FreePort;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.WebSocketTestClient;
import io.vertx.core.Future;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Measures the cost of a cluster: of the directory by itself, of a connect, and of a Message to a
 * client of the same shard, of another shard and of another node. See docs/scaling.md.
 *
 * <p>Usage: {@code ClusterBenchmark [directory] [connects] [messages] [bus]}; all without
 * arguments.
 */
public final class ClusterBenchmark {

  private static final Map<String, String> SETTINGS =
      Map.of("LINKSPAN_EVENTLOOPS", "2", "LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
  private static final int NODES = 3;

  private static final int DIRECTORY_WARM_UP = 10_000;
  private static final int DIRECTORY_SESSIONS = 20_000;
  private static final int DIRECTORY_WINDOW = 64;
  private static final int LOOK_UPS = 20_000;

  private static final int BUS_WARM_UP = 40_000;
  private static final int BUS_REQUESTS = 40_000;
  private static final int BUS_ALONE = 4_000;

  private static final int CONNECT_THREADS = 16;
  private static final int CONNECT_WARM_UP = 10_000;
  private static final int CONNECTS = 5_000;

  private static final int PAIRS = 16;
  private static final long WARM_UP_MS = 6_000;
  private static final long WINDOW_MS = 6_000;

  private ClusterBenchmark() {}

  public static void main(String[] arguments) throws Exception {
    // As in the process of the gateway: with one thread, on two processors, Hazelcast starts a new
    // one per answer.
    System.setProperty("java.util.concurrent.ForkJoinPool.common.parallelism", "2");
    System.setProperty("linkspan.jar", Path.of("target", "linkspan.jar").toString());
    List<String> parts =
        arguments.length == 0
            ? List.of("directory", "connects", "messages", "bus")
            : List.of(arguments);
    if (parts.contains("directory")) {
      directory();
    }
    for (int nodes : parts.contains("connects") ? new int[] {0, 1, NODES} : new int[0]) {
      try (var servers = new Servers(nodes)) {
        connects(servers);
      }
    }
    if (parts.contains("messages")) {
      try (var servers = new Servers(0)) {
        messages("alone, same shard", servers, pair -> servers.pair(0, 0, false));
        messages("alone, other shard", servers, pair -> servers.pair(0, 0, true));
      }
      try (var servers = new Servers(NODES)) {
        messages("3 nodes, same shard", servers, pair -> servers.pair(0, 0, false));
        messages("3 nodes, other shard", servers, pair -> servers.pair(0, 0, true));
        messages("3 nodes, other node", servers, pair -> servers.pair(0, 1, false));
      }
    }
    if (parts.contains("bus")) {
      bus("without a secret", List.of());
      bus("with a secret", List.of("the secret of a benchmark"));
    }
    System.exit(0);
  }

  // ----- the directory by itself: two members in this JVM -----

  private static void directory() throws Exception {
    int first = FreePort.of();
    int second = FreePort.of();
    List<String> members = List.of("127.0.0.1:" + first, "127.0.0.1:" + second);
    HazelcastCluster one = join(new Nodes.Node("one", 1), first, members);
    HazelcastCluster two = join(new Nodes.Node("two", 1), second, members);
    SessionDirectory here = one.directory();
    String shard = one.nodes().self().addresses().get(0);
    String[] ids = new String[DIRECTORY_SESSIONS];
    IntFunction<SessionRef> session =
        i -> {
          String user = "user-s" + i;
          ids[i] = ids[i] == null ? here.newId(user) : ids[i];
          return new SessionRef(ids[i], user, shard);
        };
    each(one, "", DIRECTORY_WARM_UP, i -> here.add(session.apply(i)));
    each(one, "", DIRECTORY_WARM_UP, i -> here.remove(session.apply(i)));
    long before = liveHeap();
    each(one, "directory: add", DIRECTORY_SESSIONS, i -> here.add(session.apply(i)));
    System.out.printf(
        Locale.ROOT,
        "directory: %d bytes of heap per session, over both members%n",
        (liveHeap() - before) / DIRECTORY_SESSIONS);
    each(one, "directory: find, own", LOOK_UPS, i -> here.find(ids[i % DIRECTORY_SESSIONS]));
    SessionDirectory there = two.directory();
    each(two, "", DIRECTORY_WARM_UP, i -> there.find(ids[i]));
    each(
        two,
        "directory: find, of the other node",
        LOOK_UPS,
        i -> there.find(ids[i % DIRECTORY_SESSIONS]));
    each(
        two,
        "directory: user, first time",
        DIRECTORY_SESSIONS,
        i -> there.sessionsOf("user-s" + i));
    each(
        two,
        "directory: user, remembered",
        LOOK_UPS,
        i -> there.sessionsOf("user-s" + i % DIRECTORY_SESSIONS));
    each(
        two,
        "directory: user that is nowhere",
        LOOK_UPS,
        i -> there.sessionsOf("nobody-" + i % 1_000));
    each(one, "directory: joined", DIRECTORY_SESSIONS, i -> here.joined(session.apply(i), "group"));
    each(
        one,
        "directory: group, first member",
        DIRECTORY_SESSIONS,
        i -> here.addGroup("group-" + i, shard));
    each(
        two,
        "directory: addresses of a group",
        LOOK_UPS,
        i -> there.addressesOf("group-" + i % DIRECTORY_SESSIONS));
    each(one, "directory: remove", DIRECTORY_SESSIONS, i -> here.remove(session.apply(i)));
    await(Future.join(two.vertx().close(), one.vertx().close()));
  }

  // ----- requests on the bus between two members in this JVM -----

  private static void bus(String what, List<String> secrets) throws InterruptedException {
    int first = FreePort.of();
    int second = FreePort.of();
    List<String> members = List.of("127.0.0.1:" + first, "127.0.0.1:" + second);
    HazelcastCluster one = join(new Nodes.Node("one", 1), first, members, secrets);
    HazelcastCluster two = join(new Nodes.Node("two", 1), second, members, secrets);
    await(
        two.vertx()
            .eventBus()
            .<byte[]>consumer("bus", message -> message.reply(message.body()))
            .completion());
    for (int size : new int[] {64, 16_384}) {
      IntFunction<Future<?>> request = i -> one.vertx().eventBus().request("bus", new byte[size]);
      each(one, "", BUS_WARM_UP, request);
      each(one, "bus: " + size + " bytes, " + what, BUS_REQUESTS, request);
      long started = System.nanoTime();
      for (int i = 0; i < BUS_ALONE; i++) {
        await(request.apply(i));
      }
      System.out.printf(
          Locale.ROOT,
          "bus: %d bytes, %s, one at a time: %.1f us%n",
          size,
          what,
          (System.nanoTime() - started) / 1_000.0 / BUS_ALONE);
    }
    await(Future.join(two.vertx().close(), one.vertx().close()));
  }

  private static HazelcastCluster join(Nodes.Node self, int port, List<String> members) {
    return join(self, port, members, List.of());
  }

  private static HazelcastCluster join(
      Nodes.Node self, int port, List<String> members, List<String> secrets) {
    var config =
        new ClusterConfig(
            true,
            "benchmark-" + members.get(0),
            "127.0.0.1",
            port,
            0,
            new ClusterConfig.Members(members),
            new ClusterConfig.Heartbeat(Duration.ofSeconds(1), Duration.ofSeconds(15)),
            new ClusterSecurity(secrets, "", "", "", Duration.ofMinutes(1)));
    return await(HazelcastCluster.join(config, self, new VertxOptions(), Transport.NIO));
  }

  private static <T> T await(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().join();
  }

  /** Runs an operation many times, some at once, on one event loop, and prints its cost. */
  private static void each(
      HazelcastCluster cluster, String what, int count, IntFunction<Future<?>> operation)
      throws InterruptedException {
    long cpu = processCpu();
    long started = System.nanoTime();
    var done = new CountDownLatch(count);
    var next = new AtomicInteger();
    cluster
        .vertx()
        .getOrCreateContext()
        .runOnContext(
            v -> {
              for (int i = 0; i < DIRECTORY_WINDOW; i++) {
                again(cluster, next, count, operation, done);
              }
            });
    done.await();
    if (!what.isEmpty()) {
      System.out.printf(
          Locale.ROOT,
          "%-37s %6.1f us CPU over both members, %8.0f/s%n",
          what,
          (processCpu() - cpu) / 1_000.0 / count,
          count * 1e9 / (System.nanoTime() - started));
    }
  }

  private static void again(
      HazelcastCluster cluster,
      AtomicInteger next,
      int count,
      IntFunction<Future<?>> operation,
      CountDownLatch done) {
    // A loop where the answer is present already, so that the stack does not grow.
    while (true) {
      int i = next.getAndIncrement();
      if (i >= count) {
        return;
      }
      Future<?> answer = operation.apply(i);
      if (!answer.isComplete()) {
        answer.onComplete(
            result -> {
              done.countDown();
              again(cluster, next, count, operation, done);
            });
        return;
      }
      done.countDown();
    }
  }

  private static long processCpu() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static long liveHeap() {
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  // ----- whole gateways -----

  /** Runs gateways in processes of their own. */
  private static final class Servers implements AutoCloseable {

    private final List<GatewayProcess> processes = new ArrayList<>();
    private final String label;
    private final AtomicInteger users = new AtomicInteger();
    private final Runnable end;

    /**
     * @param nodes of a cluster; 0 is one gateway without a cluster
     */
    Servers(int nodes) throws InterruptedException {
      if (nodes == 0) {
        label = "alone";
        GatewayProcess alone = GatewayProcess.start(SETTINGS);
        processes.add(alone);
        end = alone::close;
      } else {
        label = "cluster of " + nodes;
        var cluster = new ClusterProcess(nodes, 0, SETTINGS);
        IntStream.range(0, nodes).mapToObj(cluster::node).forEach(processes::add);
        end = cluster::close;
      }
    }

    WebSocketTestClient connect(int node) {
      return WebSocketTestClient.connect(
          processes.get(node).httpPort(), "ack=transport&user=u" + users.incrementAndGet());
    }

    /** Connects two clients; the connections of a node go to its event loops in turn. */
    Pair pair(int from, int to, boolean otherLoop) {
      WebSocketTestClient sender = connect(from);
      if (from == to && !otherLoop) {
        connect(from);
      }
      WebSocketTestClient recipient = connect(to);
      var pair = new Pair(sender, recipient, "u" + users.get());
      if (from == to && !otherLoop) {
        connect(from);
      }
      return pair;
    }

    /** Returns the CPU time that all gateways have used, in microseconds. */
    long cpu() {
      return processes.stream().mapToLong(process -> process.cpuTime().toNanos() / 1_000).sum();
    }

    int size() {
      return processes.size();
    }

    @Override
    public void close() {
      end.run();
    }
  }

  private static void connects(Servers servers) throws Exception {
    connect(servers, CONNECT_WARM_UP);
    long cpu = servers.cpu();
    long started = System.nanoTime();
    connect(servers, CONNECTS);
    long nanos = System.nanoTime() - started;
    System.out.printf(
        Locale.ROOT,
        "connects: %-14s %7.0f us CPU each over all nodes, %6.0f/s%n",
        servers.label,
        (double) (servers.cpu() - cpu) / CONNECTS,
        CONNECTS * 1e9 / nanos);
  }

  private static void connect(Servers servers, int count) throws InterruptedException {
    var next = new AtomicInteger();
    List<Thread> threads =
        IntStream.range(0, CONNECT_THREADS)
            .mapToObj(
                t ->
                    new Thread(
                        () -> {
                          for (int i; (i = next.getAndIncrement()) < count; ) {
                            servers.connect(i % servers.size()).close();
                          }
                        }))
            .toList();
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** Holds a sender with one Message in flight, and its recipient. */
  private record Pair(WebSocketTestClient sender, WebSocketTestClient recipient, String to) {

    void exchange(long number) {
      String eventId = Long.toString(number);
      sender.send(
          Message.newBuilder().setEventId(eventId).setTo(to).setBody("x".repeat(64)).build());
      recipient.receiveMessage();
      sender.receiveAck();
    }
  }

  private static void messages(String what, Servers servers, IntFunction<Pair> connect)
      throws Exception {
    List<Pair> pairs = IntStream.range(0, PAIRS).mapToObj(connect).toList();
    var count = new AtomicLong();
    var going = new AtomicBoolean(true);
    List<Thread> threads =
        pairs.stream()
            .map(
                pair ->
                    new Thread(
                        () -> {
                          while (going.get()) {
                            pair.exchange(count.incrementAndGet());
                          }
                        }))
            .toList();
    threads.forEach(Thread::start);
    Thread.sleep(WARM_UP_MS);
    long cpu = servers.cpu();
    long before = count.get();
    long started = System.nanoTime();
    Thread.sleep(WINDOW_MS);
    long messages = count.get() - before;
    long nanos = System.nanoTime() - started;
    double micros = (double) (servers.cpu() - cpu) / messages;
    going.set(false);
    for (Thread thread : threads) {
      thread.join();
    }
    System.out.printf(
        Locale.ROOT,
        "messages: %-22s %6.1f us CPU each over all nodes, %6.0f/s%n",
        what,
        micros,
        messages * 1e9 / nanos);
  }
}

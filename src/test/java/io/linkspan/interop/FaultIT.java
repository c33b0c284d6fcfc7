package io.linkspan.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.ClusterProcess;
import io.linkspan.testing.GatewayProcess;
import io.linkspan.testing.ResumingClient;
import io.linkspan.testing.StoryService;
import io.linkspan.testing.StreamReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kills, drains, freezes and replaces nodes while clients send to each other. Each acknowledgement
 * must be true. The schedule, the ports of the cluster and the choice of a node by each client
 * follow from a seed; {@code -Dfault.seed} and {@code -Dfault.seconds} choose another and a longer
 * run; {@code -Dfault.kept} (all, half, none) the Messages that are kept, and {@code
 * -Dfault.replicas} the copies of sessions. The events of each client and the output of each node
 * are printed after a failure, when a client received an error, when a session was not recovered,
 * and with {@code -Dfault.logs}.
 */
@Tag("alone")
class FaultIT {

  private static final Logger LOG = LoggerFactory.getLogger(FaultIT.class);

  /** A line of Hazelcast or of the cluster package that asks for attention. */
  private static final Pattern CLUSTER_WARNING =
      Pattern.compile("(WARN |ERROR) (c\\.h\\.|com\\.hazelcast|i\\.l\\.c\\.)");

  private static final int NODES = 3;
  private static final int CLIENTS = 24;

  /** Clients that end their session and connect again all the time: the last ones. */
  private static final int TRAVELLERS = 4;

  /** Rounds of Messages after which one of them leaves or is back. */
  private static final int ROUNDS_BETWEEN_TRAVELS = 20;

  /** Clients that always read a streamed answer: the first ones. */
  private static final int STREAM_READERS = 6;

  private static final int PARTS = 25;
  private static final int PART_EVERY_MS = 200;
  private static final long SEED = Long.getLong("fault.seed", 20_261_124L);
  private static final int SECONDS = Integer.getInteger("fault.seconds", 60);
  private static final String KEPT = System.getProperty("fault.kept", "half");
  private static final String REPLICAS = System.getProperty("fault.replicas", "auto");
  private static final int SEND_EVERY_MS = 40;
  private static final int REPLACED_AFTER_MS = 1_000;
  private static final int FROZEN_MS = 15_000;

  private enum Fault {
    KILL,
    DRAIN,
    FREEZE
  }

  private final Random random = new Random(SEED);
  private final List<GatewayProcess> alive = new CopyOnWriteArrayList<>();
  private final List<GatewayProcess> everStarted = new ArrayList<>();
  private final List<String> story = new ArrayList<>();

  @TempDir private Path folder;

  private int anyPort(Random random) {
    GatewayProcess[] nodes = alive.toArray(GatewayProcess[]::new);
    return nodes[random.nextInt(nodes.length)].httpPort();
  }

  /** The faults of the nodes while the clients send. */
  private interface Schedule {
    void run(ClusterProcess cluster, List<ResumingClient> clients) throws InterruptedException;
  }

  @Test
  void acknowledgedMessagesArriveOnceAndInOrderWhenNodesFail() throws Exception {
    run(
        (cluster, talking) -> {
          long end = System.nanoTime() + SECONDS * 1_000_000_000L;
          // Each fault occurs once in any run; those after are drawn.
          List<Fault> first = new ArrayList<>(List.of(Fault.values()));
          Collections.shuffle(first, random);
          while (System.nanoTime() < end) {
            awaitAcknowledged(talking, 1_000 + random.nextInt(1_000));
            Fault fault =
                first.isEmpty()
                    ? Fault.values()[random.nextInt(Fault.values().length)]
                    : first.remove(0);
            inflict(fault, alive.get(random.nextInt(alive.size())), cluster);
          }
        });
  }

  @Test
  void aRestartOfEveryNodeInTurnLosesNoMessageAndNoSession() throws Exception {
    List<ResumingClient> clients =
        run(
            (cluster, talking) -> {
              for (GatewayProcess node : List.copyOf(alive)) {
                awaitAcknowledged(talking, 1_000);
                inflict(Fault.DRAIN, node, cluster);
              }
            });
    assertThat(clients)
        .allSatisfy(
            client -> {
              assertThat(client.errors).as("%s", client.diary).isEmpty();
              assertThat(client.notRecovered).as("%s", client.diary).isZero();
              assertThat(client.streams.refused).isEmpty();
              assertThat(client.streams.ends.keySet()).isSubsetOf("complete");
              assertThat(client.streams.stopped).isZero();
            });
    // Nobody must act on a planned restart.
    assertThat(everStarted)
        .allSatisfy(node -> assertThat(node.output()).doesNotContainPattern(CLUSTER_WARNING));
  }

  private List<ResumingClient> run(Schedule schedule) throws Exception {
    List<ResumingClient> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new ResumingClient("u" + i, this::anyPort, SEED + i));
    }
    try (var service = new StoryService(PARTS, PART_EVERY_MS);
        var cluster =
            new ClusterProcess(
                random,
                NODES,
                0,
                Map.of(
                    "LINKSPAN_CLUSTER_HEARTBEAT_TIMEOUT",
                    "6s",
                    "LINKSPAN_SESSION_GRACE",
                    "60s",
                    "LINKSPAN_SESSION_REPLICAS",
                    REPLICAS,
                    "LINKSPAN_DELIVERY_ACKTIMEOUT",
                    "2s",
                    "LINKSPAN_DELIVERY_REQUESTTIMEOUT",
                    "10s",
                    "LINKSPAN_WEBSOCKET_HEARTBEAT_INTERVAL",
                    "1s",
                    "LINKSPAN_WEBSOCKET_HEARTBEAT_TIMEOUT",
                    "4s",
                    "LINKSPAN_DRAIN_TIMEOUT",
                    "60s",
                    "LINKSPAN_DRAIN_PAUSE",
                    "200ms"),
                "--conf",
                configuration(service).toString())) {
      boolean explained = Boolean.getBoolean("fault.logs");
      try {
        run(schedule, cluster, clients);
        explained |= clients.stream().anyMatch(FaultIT::isUnexpected);
        judge(clients, service.calls());
      } catch (Throwable failure) {
        explained = true;
        throw failure;
      } finally {
        if (explained) {
          explain(clients);
        }
      }
      return clients;
    }
  }

  private Path configuration(StoryService service) throws IOException {
    return Files.writeString(
        folder.resolve("gateway.yaml"),
        """
        mailbox: {for: 10m, max: 10000}
        routes:
          - to: "service:story"
            http: {url: "%s", stream: {mode: sse}}
          - {to: "user:*"}
        """
            .formatted(service.url()));
  }

  private void run(Schedule schedule, ClusterProcess cluster, List<ResumingClient> clients)
      throws InterruptedException {
    for (int i = 0; i < NODES; i++) {
      alive.add(cluster.node(i));
      everStarted.add(cluster.node(i));
    }
    List<Thread> threads = new ArrayList<>();
    for (ResumingClient client : clients) {
      threads.add(new Thread(client::run, client.user()));
    }
    Thread sender = new Thread(() -> sendInTurn(clients), "sender");
    try {
      threads.forEach(Thread::start);
      // A Message to a user who has never connected has no recipient.
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> clients.stream().allMatch(ResumingClient::isConnected));
      sender.start();
      schedule.run(cluster, clients);
      sender.interrupt();
      sender.join();
      clients.forEach(ResumingClient::connectAgain);
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .until(
              () ->
                  clients.stream()
                      .allMatch(client -> client.open() == 0 && client.hasAllStreams()));
      // A mailbox is delivered after the acknowledgement of its senders.
      Awaitility.await()
          .pollInterval(Duration.ofMillis(500))
          .atMost(Duration.ofSeconds(30))
          .until(() -> lost(clients).isEmpty());
    } finally {
      sender.interrupt();
      clients.forEach(ResumingClient::stop);
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  private static boolean isUnexpected(ResumingClient client) {
    return client.notRecovered > 0 || !client.errors.isEmpty() || !client.streams.faults.isEmpty();
  }

  /** Waits until this many more Messages are acknowledged, so that a fault meets traffic. */
  private static void awaitAcknowledged(List<ResumingClient> clients, int more) {
    int wanted = acknowledged(clients) + more;
    Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> acknowledged(clients) >= wanted);
  }

  private static int acknowledged(List<ResumingClient> clients) {
    return clients.stream().mapToInt(client -> client.acknowledged.size()).sum();
  }

  /** Prints the events of all clients and the output of all nodes. */
  private void explain(List<ResumingClient> clients) {
    clients.stream().flatMap(client -> client.diary.stream()).sorted().forEach(System.out::println);
    everStarted.forEach(
        node -> System.out.println("=== " + node.httpPort() + "\n" + node.output()));
  }

  /**
   * Sends a Message from each client to one of the others, in turn. Half of them, and all to
   * clients that may have left, are kept in mailboxes.
   */
  private static void sendInTurn(List<ResumingClient> clients) {
    Random whom = new Random(SEED);
    long number = 0;
    try {
      for (int round = 1; true; round++) {
        if (round % ROUNDS_BETWEEN_TRAVELS == 0 && !KEPT.equals("none")) {
          travel(clients.get(CLIENTS - 1 - whom.nextInt(TRAVELLERS)));
        }
        clients.subList(0, STREAM_READERS).forEach(one -> one.requestStream("service:story"));
        for (int i = 0; i < clients.size(); i++) {
          // Few recipients for each sender, so that there is an order to keep.
          int other = (i + 1 + whom.nextInt(2)) % clients.size();
          number++;
          Message.Builder message =
              Message.newBuilder()
                  .setEventId("u" + i + "-" + number)
                  .setTo("u" + other)
                  .setType("text")
                  .setBody("sent");
          if (isKept(other)) {
            message.setBody("kept").putHeaders("ttl", "600");
          }
          clients.get(i).send(message.build());
        }
        Thread.sleep(SEND_EVERY_MS);
      }
    } catch (InterruptedException allSent) {
      return;
    }
  }

  /** Returns whether Messages to a client are kept in its mailbox. */
  private static boolean isKept(int recipient) {
    return switch (KEPT) {
      case "all" -> true;
      case "none" -> false;
      default -> recipient % 2 == 0 || recipient >= CLIENTS - TRAVELLERS;
    };
  }

  private static void travel(ResumingClient client) {
    if (client.isLeaving()) {
      client.connectAgain();
    } else {
      client.leave();
    }
  }

  private void inflict(Fault fault, GatewayProcess victim, ClusterProcess cluster)
      throws InterruptedException {
    story.add(fault + " " + victim.httpPort() + " at " + java.time.Instant.now());
    LOG.info("{} of the node at {}", fault, victim.httpPort());
    switch (fault) {
      case KILL -> {
        victim.signal("KILL");
        alive.remove(victim);
        Thread.sleep(REPLACED_AFTER_MS);
        replace(cluster);
      }
      case DRAIN -> {
        alive.remove(victim);
        victim.terminate();
        replace(cluster);
      }
      case FREEZE -> {
        victim.signal("STOP");
        Thread.sleep(FROZEN_MS);
        victim.signal("CONT");
        cluster.awaitMembers(alive.toArray(GatewayProcess[]::new));
      }
    }
  }

  private void replace(ClusterProcess cluster) throws InterruptedException {
    GatewayProcess node = cluster.startAnother();
    everStarted.add(node);
    alive.add(node);
  }

  private void judge(List<ResumingClient> clients, Map<String, Integer> calls) {
    int sent = clients.stream().mapToInt(client -> client.sent).sum();
    int acknowledged = acknowledged(clients);
    List<String> everything =
        clients.stream()
            .flatMap(client -> client.received.values().stream())
            .flatMap(List::stream)
            .toList();
    var all = new HashSet<>(everything);
    List<String> lost = lost(clients);
    // The order is that of one session: a client that lost its own has had two.
    Set<String> recovered =
        clients.stream()
            .filter(client -> client.notRecovered == 0)
            .map(ResumingClient::user)
            .collect(Collectors.toSet());
    int outOfOrder =
        clients.stream()
            .filter(client -> recovered.contains(client.user()))
            .mapToInt(client -> client.outOfOrder(recovered))
            .sum();
    Map<String, Integer> errors = new TreeMap<>();
    clients.forEach(
        client -> client.errors.forEach((code, n) -> errors.merge(code, n, Integer::sum)));
    List<Long> times =
        clients.stream().flatMap(client -> client.recoveryTimes.stream()).sorted().toList();
    List<String> contradictions =
        streams(clients).flatMap(reader -> reader.faults.stream()).toList();
    String table =
        """

        seed %d, %d s: %s
        sent %d, acknowledged %d, received %d
        lost after acknowledgement %d, seen twice by an application %d, out of order %d
        redelivered %d, sessions recovered %d, not recovered %d
        errors %s
        streams %s with %d parts, %d redelivered, refused %s, lost with a session %d, stopped %d, calls %d
        contradictions %s
        back after p50 %d ms, p99 %d ms
        """
            .formatted(
                SEED,
                SECONDS,
                story,
                sent,
                acknowledged,
                everything.size(),
                lost.size(),
                everything.size() - all.size(),
                outOfOrder,
                clients.stream().mapToInt(client -> client.redelivered).sum(),
                clients.stream().mapToInt(client -> client.recovered).sum(),
                clients.stream().mapToInt(client -> client.notRecovered).sum(),
                errors,
                sum(clients, reader -> reader.ends),
                streams(clients).mapToInt(reader -> reader.parts).sum(),
                streams(clients).mapToInt(reader -> reader.redelivered).sum(),
                sum(clients, reader -> reader.refused),
                streams(clients).mapToInt(reader -> reader.lostWithSession).sum(),
                streams(clients).mapToInt(reader -> reader.stopped).sum(),
                calls.values().stream().mapToInt(n -> n).sum(),
                contradictions,
                percentile(times, 50),
                percentile(times, 99));
    LOG.info("{}", table);
    System.out.println(table);
    assertThat(lost).isEmpty();
    assertThat(everything).doesNotHaveDuplicates();
    assertThat(outOfOrder).isZero();
    assertThat(contradictions).isEmpty();
    assertThat(calls).allSatisfy((request, n) -> assertThat(n).as(request).isEqualTo(1));
    assertThat(sum(clients, reader -> reader.ends)).containsKey("complete");
    assertThat(acknowledged).isGreaterThan(sent / 2);
    assertThat(clients.stream().mapToInt(client -> client.recovered).sum()).isPositive();
  }

  private static Stream<StreamReader> streams(List<ResumingClient> clients) {
    return clients.stream().map(client -> client.streams);
  }

  private static Map<String, Integer> sum(
      List<ResumingClient> clients, Function<StreamReader, Map<String, Integer>> part) {
    Map<String, Integer> sum = new TreeMap<>();
    streams(clients).map(part).forEach(one -> one.forEach((k, n) -> sum.merge(k, n, Integer::sum)));
    return sum;
  }

  /** Returns the eventIds that are acknowledged and reached no application. */
  private static List<String> lost(List<ResumingClient> clients) {
    Set<String> all = new HashSet<>();
    clients.forEach(client -> all.addAll(client.seen()));
    return clients.stream()
        .flatMap(client -> client.acknowledged.stream())
        .filter(eventId -> !all.contains(eventId))
        .toList();
  }

  private static long percentile(List<Long> sorted, int percent) {
    return sorted.isEmpty() ? 0 : sorted.get((sorted.size() - 1) * percent / 100);
  }
}

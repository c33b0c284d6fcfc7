package io.linkspan;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Keeps the shape of the code: arrows between packages and between classes point one way, cores are
 * pure, and no class is too long to be read.
 */
class ArchitectureTest {

  private static final String ROOT = "io.linkspan";

  /**
   * The packages that each package may use; {@code .} is the root. A package uses every one that is
   * listed here for it.
   */
  private static final String ARROWS =
      """
      . -> admission, api, auth, ban, bus, cluster, config, connection, delivery, directory, history, listener, log, logging, mailbox, memory, metrics, ops, permission, presence, rebalance, revocation, routing, session, status, storm, telemetry, telemetry.otel, time, trace, transport.channel, transport.enet, transport.engineio, transport.engineio.relay, transport.http, transport.socketio, transport.tcp, transport.websocket, upstream, upstream.http, upstream.tcp
      admission -> api, config, connection, memory, protocol, time, translate
      api -> bus
      api.cluster -> api, bus, cluster, config, directory
      api.method -> api, protocol.methodchannel, translate
      api.stream -> api
      api.testing -> api, translate
      auth -> admission, api, config, protocol, time, upstream
      ban -> admission, api, config, listener, revocation, time
      cluster -> api, bus, cluster.security, config, connection, delivery, directory, log, memory, revocation, time, wire
      cluster.security -> config, listener, time
      connection -> api, config, memory, metrics, telemetry, translate
      delivery -> api, bus, config, directory, memory, metrics, permission, routing, telemetry, time, translate, wire
      framing -> api, config, protocol, protocol.compression, protocol.frame, translate
      history -> api, config, delivery, log
      listener -> admission, config, connection, time
      log -> api, config, memory
      logging -> config
      mailbox -> api, config, delivery, log, time
      memory -> api, config
      ops -> admission, api, config, listener, memory, metrics, protocol, rebalance, revocation, status, storm, time, trace, translate, wire
      permission -> admission, config, routing
      presence -> api, config, connection, delivery, directory, memory, time, wire
      protocol.compression -> protocol
      protocol.enet -> protocol
      protocol.engineio -> protocol
      protocol.eventstream -> protocol
      protocol.frame -> protocol
      protocol.methodchannel -> protocol
      protocol.socketio -> protocol, protocol.engineio
      protocol.websocket -> protocol
      rebalance -> config, directory, time
      revocation -> admission, api, config, listener, time
      routing -> api, config, translate
      session -> admission, api, api.stream, bus, config, connection, delivery, directory, history, log, mailbox, memory, metrics, permission, presence, rebalance, revocation, routing, session.outbox, session.replica, session.transfer, telemetry, time, trace, translate, wire
      session.outbox -> api, connection, delivery, memory, metrics, telemetry, time, trace, translate, wire
      session.replica -> api, delivery, directory, memory, session.outbox, time, wire
      session.transfer -> api, delivery, directory, routing, time, wire
      status -> api, directory, memory, metrics, time
      storm -> api, config, status, time
      telemetry -> api, config
      telemetry.otel -> api, telemetry
      trace -> api, config, connection, directory, time, wire
      translate -> api, protocol, protocol.engineio, protocol.frame, protocol.methodchannel, protocol.socketio
      transport.channel -> admission, api, connection, listener, memory, session, time
      transport.enet -> admission, api, config, connection, memory, protocol, protocol.enet, protocol.frame, session, time, translate, transport.channel
      transport.engineio -> admission, connection, directory, memory, protocol.engineio, protocol.websocket, time, transport.channel, transport.http
      transport.engineio.relay -> admission, bus, directory, protocol.engineio, time, transport.engineio, transport.engineio.relay.wire, transport.http
      transport.http -> admission, config, connection, listener, memory, protocol.websocket, time, transport.channel
      transport.socketio -> admission, api, config, connection, delivery, directory, memory, permission, protocol, protocol.engineio, protocol.socketio, session, time, translate, transport.channel, transport.engineio, transport.engineio.relay, transport.http
      transport.tcp -> admission, api, config, connection, framing, listener, memory, protocol, session, time, translate, transport.channel
      transport.websocket -> admission, api, config, connection, memory, protocol, protocol.websocket, session, time, translate, transport.channel, transport.http
      upstream -> api, api.stream, config, directory, metrics, telemetry, time
      upstream.http -> api, config, protocol, protocol.compression, protocol.eventstream, protocol.methodchannel, telemetry, translate, upstream
      upstream.tcp -> api, config, framing, protocol, time, translate, upstream
      """;

  /** Classes that depend on each other, with the reason why they stay so. */
  private static final Map<Set<String>, String> NATURAL_CYCLES =
      Map.of(
          Set.of("Inbox", "InboundRequest"),
          "a request is a node of the inbox's list and ends there",
          Set.of("EngineSession", "PollingTransport", "WebSocketTransport"),
          "a session and its two transports take packets from each other",
          Set.of("TimerQueue", "DeadlineTimer"),
          "a timer is an entry of its queue's heap and has its place in it",
          Set.of("EngineEvent", "EnginePacket"),
          "a packet is one of the cases of the sealed event",
          Set.of("SocketEvent", "SocketPacket"),
          "a packet is one of the cases of the sealed event");

  private static final int MAX_CYCLE = 3;
  private static final int MAX_NATURAL_CYCLES = 12;
  private static final int MAX_LINES = 450;

  /** Pure classes outside of {@code protocol}: no clock, no Vert.x, no future. */
  private static final Set<String> PURE =
      Set.of(
          "io.linkspan.admission.RecentTable",
          "io.linkspan.admission.RemoteAddress",
          "io.linkspan.admission.TokenBucket",
          "io.linkspan.admission.MessageWork",
          "io.linkspan.admission.UserNames",
          "io.linkspan.auth.Claims",
          "io.linkspan.auth.DecisionCache",
          "io.linkspan.auth.HookAnswer",
          "io.linkspan.auth.HookGate",
          "io.linkspan.auth.KeyRing",
          "io.linkspan.auth.PemKey",
          "io.linkspan.auth.StrictJson",
          "io.linkspan.auth.Token",
          "io.linkspan.ban.BanPolicy",
          "io.linkspan.bus.FlowWindow",
          "io.linkspan.listener.AddressRange",
          "io.linkspan.listener.Forwarded",
          "io.linkspan.ops.KeyGuesses",
          "io.linkspan.delivery.PendingReplies",
          "io.linkspan.rebalance.GapTimes",
          "io.linkspan.rebalance.RebalancePlan",
          "io.linkspan.rebalance.RebalanceRun",
          "io.linkspan.status.Durations",
          "io.linkspan.status.EventRing",
          "io.linkspan.status.Rates",
          "io.linkspan.status.Storm",
          "io.linkspan.revocation.NetworkTable",
          "io.linkspan.revocation.RevocationList",
          "io.linkspan.revocation.RevocationRules",
          "io.linkspan.history.EarlyMessages",
          "io.linkspan.history.GroupFeed",
          "io.linkspan.history.LaggingMembers",
          "io.linkspan.history.Since",
          "io.linkspan.log.BoundedLog",
          "io.linkspan.memory.MemoryAccount",
          "io.linkspan.memory.MemoryBudget",
          "io.linkspan.memory.MemoryPool",
          "io.linkspan.memory.MessageCost",
          "io.linkspan.session.DuplicateWindow",
          "io.linkspan.telemetry.TraceContext",
          "io.linkspan.telemetry.otel.ClientRate",
          "io.linkspan.telemetry.otel.OpenSpans",
          "io.linkspan.trace.FrameQueue",
          "io.linkspan.trace.Redactor",
          "io.linkspan.trace.TraceFilter",
          "io.linkspan.session.RecentIds",
          "io.linkspan.session.replica.ReplicaRing",
          "io.linkspan.session.replica.ReplicaStore",
          "io.linkspan.session.replica.ReplicationLog",
          "io.linkspan.session.transfer.IncomingTransfers",
          "io.linkspan.session.transfer.OutgoingTransfers",
          "io.linkspan.session.transfer.TransferClaim",
          "io.linkspan.session.transfer.TransferDeduplicator");

  /** From where the gateway itself was loaded, so that tests are left out. */
  private static final URL LOCATION =
      Gateway.class.getProtectionDomain().getCodeSource().getLocation();

  private static final JavaClasses CLASSES = new ClassFileImporter().importUrl(LOCATION);

  private static final Map<String, Set<String>> USES = usesOfTopLevelClasses();

  @Test
  void arrowsBetweenPackagesAreThoseThatAreListed() {
    Map<String, Set<String>> actual = new TreeMap<>();
    USES.forEach(
        (from, used) ->
            used.forEach(
                to -> {
                  if (!packageOf(from).equals(packageOf(to))) {
                    actual
                        .computeIfAbsent(packageOf(from), name -> new TreeSet<>())
                        .add(packageOf(to));
                  }
                }));
    String text =
        actual.entrySet().stream()
            .map(arrow -> arrow.getKey() + " -> " + String.join(", ", arrow.getValue()))
            .collect(Collectors.joining("\n", "", "\n"));
    assertThat(text).isEqualTo(ARROWS);
  }

  @Test
  void packagesHaveNoCycle() {
    Map<String, Set<String>> arrows = new HashMap<>();
    for (String line : ARROWS.lines().toList()) {
      String[] sides = line.split(" -> ", 2);
      arrows.put(sides[0], new HashSet<>(Arrays.asList(sides[1].split(", ", -1))));
    }
    assertThat(cyclesOf(arrows)).isEmpty();
  }

  @Test
  void classesHaveNoCycleButTheNaturalOnes() {
    Set<Set<String>> cycles =
        cyclesOf(USES).stream()
            .map(
                cycle ->
                    cycle.stream().map(ArchitectureTest::simpleName).collect(Collectors.toSet()))
            .collect(Collectors.toSet());
    assertThat(cycles).isEqualTo(NATURAL_CYCLES.keySet());
    assertThat(cycles).allMatch(cycle -> cycle.size() <= MAX_CYCLE);
    assertThat(cycles).hasSizeLessThanOrEqualTo(MAX_NATURAL_CYCLES);
  }

  @Test
  void coresTouchNothingOutside() {
    noClasses()
        .that()
        .resideInAPackage("io.linkspan.protocol..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "io.vertx.core",
            "io.vertx.core.eventbus..",
            "io.vertx.core.http..",
            "io.vertx.core.net..",
            "io.netty.channel..",
            "java.net..",
            "java.nio.channels..",
            "java.util.concurrent..",
            "org.slf4j..")
        .check(CLASSES);
  }

  @Test
  void pureClassesUseNoClockNoVertxAndNoFuture() {
    DescribedPredicate<JavaClass> pure =
        DescribedPredicate.describe(
            "are pure",
            type ->
                type.getPackageName().startsWith("io.linkspan.protocol")
                    || PURE.contains(topLevel(type.getName())));
    for (String name : PURE) {
      assertThat(CLASSES.contain(name)).as(name).isTrue();
    }
    noClasses()
        .that(pure)
        .should()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.time.Clock")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("io.vertx.core.Vertx")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("io.vertx.core.Future")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("io.linkspan.time.Scheduler")
        .check(CLASSES);
  }

  @Test
  void noClassIsTooLongToBeRead() throws IOException {
    Map<String, Long> tooLong = new TreeMap<>();
    try (Stream<Path> files = Files.walk(Path.of("src", "main", "java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        try (Stream<String> lines = Files.lines(file)) {
          long count = lines.count();
          String name = file.getFileName().toString().replace(".java", "");
          if (count > MAX_LINES) {
            tooLong.put(name, count);
          }
        }
      }
    }
    assertThat(tooLong).isEmpty();
  }

  // ------------------------------------------------------------------------------ the graph

  /**
   * Returns what each class of the sources uses, as {@code jdeps} reads it from the class files;
   * nested types belong to their outer type.
   */
  private static Map<String, Set<String>> usesOfTopLevelClasses() {
    var output = new StringWriter();
    Path classes;
    try {
      classes = Path.of(LOCATION.getPath()).toRealPath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ToolProvider.findFirst("jdeps")
        .orElseThrow()
        .run(
            new PrintWriter(output),
            new PrintWriter(output),
            "-verbose:class",
            "-filter:none",
            classes.toString());
    Map<String, Set<String>> uses = new HashMap<>();
    for (String line : output.toString().lines().toList()) {
      String[] words = line.strip().split("\\s+", -1);
      if (words.length > 2 && words[0].startsWith(ROOT) && words[2].startsWith(ROOT)) {
        String from = topLevel(words[0]);
        String to = topLevel(words[2]);
        if (!to.equals(from) && !isGenerated(from)) {
          uses.computeIfAbsent(from, name -> new HashSet<>()).add(to);
        }
      }
    }
    assertThat(uses).hasSizeGreaterThan(100);
    return uses;
  }

  /** Protobuf makes a class and an interface for each message, which use each other. */
  private static boolean isGenerated(String name) {
    return name.contains(".wire.")
        || name.endsWith("OrBuilder")
        || name.endsWith("Proto")
        || Set.of("io.linkspan.api.Message", "io.linkspan.api.AckMessage").contains(name)
        || name.equals("io.linkspan.translate.JsonFrame");
  }

  private static String topLevel(String name) {
    int nested = name.indexOf('$');
    return nested < 0 ? name : name.substring(0, nested);
  }

  private static String packageOf(String name) {
    String full = name.substring(0, name.lastIndexOf('.'));
    return full.equals(ROOT) ? "." : full.substring(ROOT.length() + 1);
  }

  private static String simpleName(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /** Returns the strongly connected components of more than one node (Tarjan, 1972). */
  private static List<Set<String>> cyclesOf(Map<String, Set<String>> graph) {
    return new Tarjan(graph).cycles;
  }

  private static final class Tarjan {
    final List<Set<String>> cycles = new ArrayList<>();
    private final Map<String, Set<String>> graph;
    private final Map<String, Integer> index = new HashMap<>();
    private final Map<String, Integer> low = new HashMap<>();
    private final Deque<String> stack = new ArrayDeque<>();

    Tarjan(Map<String, Set<String>> graph) {
      this.graph = graph;
      for (String node : graph.keySet()) {
        if (!index.containsKey(node)) {
          visit(node);
        }
      }
    }

    private void visit(String node) {
      int number = low.size();
      low.put(node, number);
      index.put(node, number);
      stack.push(node);
      for (String next : graph.getOrDefault(node, Set.of())) {
        if (!index.containsKey(next)) {
          visit(next);
          low.merge(node, low.get(next), Math::min);
        } else if (stack.contains(next)) {
          low.merge(node, index.get(next), Math::min);
        }
      }
      if (low.get(node).equals(number)) {
        Set<String> component = new TreeSet<>();
        String member;
        do {
          member = stack.pop();
          component.add(member);
        } while (!member.equals(node));
        if (component.size() > 1) {
          cycles.add(component);
        }
      }
    }
  }
}

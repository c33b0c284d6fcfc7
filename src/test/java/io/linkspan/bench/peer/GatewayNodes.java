package io.linkspan.bench.peer;

import io.linkspan.bench.CpuTime;
import io.linkspan.bench.ServerProcess;
import io.linkspan.testing.FreePort;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;

/** Runs gateways on loopback as one cluster, with the options of all servers of a benchmark. */
public final class GatewayNodes implements AutoCloseable {

  private static final int MEMBERSHIP_SECONDS = 120;
  private static final int END_SECONDS = 120;
  private static final String LOOPBACK = "127.0.0.1";
  private static final int FIRST_PORT = 8_081;
  private static final String API_KEY = "the-key-of-a-benchmark";
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final List<String> OPTIONS = List.of("-Xms512m", "-Xmx512m");

  private final String name = "board-" + UUID.randomUUID();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Integer> clusterPorts;
  private final List<ServerProcess> nodes = new ArrayList<>();
  private final Map<String, String> settings;
  private final NodeNetwork network;
  private final String[] arguments;
  private long endedMicros;

  /** Starts nodes on loopback, and returns when each of them is a member for all. */
  public GatewayNodes(int count, long seed, Map<String, String> settings, String... arguments)
      throws IOException {
    this(count, seed, settings, null, arguments);
  }

  /**
   * Starts nodes, and returns when each of them is a member for all.
   *
   * @param network with a place for each node; null: all nodes are on loopback
   * @param arguments of each node
   */
  public GatewayNodes(
      int count, long seed, Map<String, String> settings, NodeNetwork network, String... arguments)
      throws IOException {
    this.settings = Map.copyOf(settings);
    this.network = network;
    this.arguments = arguments.clone();
    var random = new Random(seed);
    clusterPorts = IntStream.range(0, count).mapToObj(i -> FreePort.of(random)).toList();
    try {
      for (int place = 0; place < count; place++) {
        nodes.add(start(place));
      }
      awaitMembers();
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private ServerProcess start(int place) throws IOException {
    Map<String, String> environment = new HashMap<>(settings);
    environment.put("LINKSPAN_CLUSTER_ENABLED", "true");
    environment.put("LINKSPAN_CLUSTER_NAME", name);
    environment.put("LINKSPAN_CLUSTER_SECRET", secret());
    environment.put("LINKSPAN_CLUSTER_HOST", memberAddress(place));
    environment.put("LINKSPAN_CLUSTER_PORT", clusterPorts.get(place).toString());
    environment.put("LINKSPAN_CLUSTER_JOIN_MEMBERS", String.join(",", members()));
    if (network == null) {
      return ServerProcess.gateway(environment, OPTIONS, arguments);
    }
    environment.put("LINKSPAN_HTTP_HOST", "0.0.0.0");
    environment.put("LINKSPAN_HTTP_PORT", Integer.toString(FIRST_PORT + place));
    environment.put("LINKSPAN_MANAGEMENT_HOST", "0.0.0.0");
    environment.put("LINKSPAN_MANAGEMENT_APIKEY", API_KEY);
    return ServerProcess.gateway(network.prefix(place), environment, OPTIONS, arguments);
  }

  /** Returns the addresses of all nodes for each other, each with its port. */
  public List<String> members() {
    return IntStream.range(0, clusterPorts.size())
        .mapToObj(place -> memberAddress(place) + ':' + clusterPorts.get(place))
        .toList();
  }

  /** Returns the name of the cluster. */
  public String name() {
    return name;
  }

  /** Returns the secret of the cluster. */
  public String secret() {
    return "the secret of " + name;
  }

  private String memberAddress(int place) {
    return network == null ? LOOPBACK : network.memberAddress(place);
  }

  private void awaitMembers() throws IOException {
    Waiting.require(
        "the membership of all nodes",
        MEMBERSHIP_SECONDS,
        () -> {
          for (int place = 0; place < nodes.size(); place++) {
            if (seenBy(place) != nodes.size()) {
              return false;
            }
          }
          return true;
        });
  }

  /** Returns how many members a node sees; 0 while it does not answer. */
  private int seenBy(int place) throws IOException {
    String host = network == null ? LOOPBACK : network.address(place);
    int port = nodes.get(place).port("management");
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ':' + port + "/v1/node"))
            .header("Authorization", "Bearer " + API_KEY)
            .timeout(PATIENCE)
            .build();
    try {
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      return answer.statusCode() == 200
          ? new JsonObject(answer.body()).getJsonArray("members").size()
          : 0;
    } catch (IOException busy) {
      return 0;
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** Returns the nodes. */
  public List<ServerProcess> nodes() {
    return List.copyOf(nodes);
  }

  /** Kills a node, and starts another one in its place. */
  public ServerProcess replaceKilled(int place) throws IOException {
    ServerProcess old = nodes.get(place);
    endedMicros += old.cpuTime().total();
    old.close();
    return startAgain(place);
  }

  /** Cuts the links between a node and all others for some time, and lets it rejoin. */
  public void partition(int place, long millis) throws IOException {
    network.connect(place, false);
    try {
      Waiting.pause(millis);
    } finally {
      network.connect(place, true);
    }
    awaitMembers();
  }

  /** Stops a node for some time, and lets it rejoin. */
  public void freeze(int place, long millis) throws IOException {
    nodes.get(place).signal("STOP");
    try {
      Waiting.pause(millis);
    } finally {
      nodes.get(place).signal("CONT");
    }
    awaitMembers();
  }

  /** Asks a node to drain, waits for its end, and starts another one in its place. */
  public ServerProcess restart(int place) throws IOException {
    ServerProcess old = nodes.get(place);
    var last = new CpuTime[] {old.cpuTime()};
    old.terminate();
    Waiting.require(
        "the end of a node",
        END_SECONDS,
        () -> {
          try {
            last[0] = old.cpuTime();
          } catch (IOException ended) {
            // The figures of a process end with it.
          }
          return !old.isAlive();
        });
    endedMicros += last[0].total();
    return startAgain(place);
  }

  private ServerProcess startAgain(int place) throws IOException {
    ServerProcess next = start(place);
    nodes.set(place, next);
    awaitMembers();
    return next;
  }

  /** Returns the processor time of all nodes so far, those that have ended too. */
  public long cpuMicros() throws IOException {
    long sum = endedMicros;
    for (ServerProcess node : nodes) {
      sum += node.cpuTime().total();
    }
    return sum;
  }

  @Override
  public void close() {
    nodes.forEach(ServerProcess::close);
  }
}

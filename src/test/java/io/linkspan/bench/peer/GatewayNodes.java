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
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Runs gateways on loopback as one cluster, with the options of all servers of a benchmark. */
public final class GatewayNodes implements AutoCloseable {

  private static final int MEMBERSHIP_SECONDS = 120;
  private static final int END_SECONDS = 120;
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final List<String> OPTIONS = List.of("-Xms512m", "-Xmx512m");

  private final String name = "board-" + UUID.randomUUID();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Integer> clusterPorts;
  private final List<ServerProcess> nodes = new ArrayList<>();
  private final Map<String, String> settings;
  private long endedMicros;

  /** Starts nodes, and returns when each of them is a member for all. */
  public GatewayNodes(int count, long seed, Map<String, String> settings) throws IOException {
    this.settings = Map.copyOf(settings);
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
    environment.put("LINKSPAN_CLUSTER_SECRET", "the secret of " + name);
    environment.put("LINKSPAN_CLUSTER_HOST", "127.0.0.1");
    environment.put("LINKSPAN_CLUSTER_PORT", clusterPorts.get(place).toString());
    environment.put(
        "LINKSPAN_CLUSTER_JOIN_MEMBERS",
        clusterPorts.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(",")));
    return ServerProcess.gateway(environment, OPTIONS);
  }

  private void awaitMembers() throws IOException {
    Waiting.require(
        "the membership of all nodes",
        MEMBERSHIP_SECONDS,
        () -> {
          for (ServerProcess node : nodes) {
            if (members(node) != nodes.size()) {
              return false;
            }
          }
          return true;
        });
  }

  /** Returns how many members a node sees; 0 while it does not answer. */
  private int members(ServerProcess node) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + node.port("management") + "/v1/node");
    try {
      HttpResponse<String> answer =
          http.send(HttpRequest.newBuilder(uri).timeout(PATIENCE).build(), BodyHandlers.ofString());
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

  /** Stops a node for some time, as a partition of the network does, and lets it rejoin. */
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

package io.linkspan.testing;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** Runs gateways on loopback as one cluster, each in a process of its own. */
public final class ClusterProcess implements AutoCloseable {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration PATIENCE = Patience.LONGEST;
  private static final Duration MEMBERSHIP = Duration.ofMinutes(2);

  /** An answer of the HTTP API. */
  public record Answer(int status, JsonObject body) {}

  private static final String SECRET = "LINKSPAN_CLUSTER_SECRET";

  private final String name;
  private final List<Integer> ports = new ArrayList<>();
  private final List<Integer> busPorts;
  private final List<GatewayProcess> nodes = new ArrayList<>();
  private final Map<Integer, GatewayProcess> places = new HashMap<>();
  private final Map<String, String> settings;
  private final String[] arguments;

  /**
   * Starts a cluster. Returns when every node names all others.
   *
   * @param nodes how many are started
   * @param more how many can run at the same time beyond those
   * @param settings environment variables beyond those of the cluster
   * @param arguments of each node's command line
   */
  public ClusterProcess(int nodes, int more, Map<String, String> settings, String... arguments)
      throws InterruptedException {
    this(new Random(), nodes, more, settings, arguments);
  }

  /** Starts a cluster whose ports are drawn from this source. */
  public ClusterProcess(
      Random random, int nodes, int more, Map<String, String> settings, String... arguments)
      throws InterruptedException {
    this(
        "test-" + UUID.randomUUID(),
        Stream.generate(() -> FreePort.of(random)).limit(nodes + more).toList(),
        List.of(),
        nodes,
        settings,
        arguments);
  }

  /**
   * Starts a cluster of as many nodes as there are ports for the bus.
   *
   * @param ports of Hazelcast; the last one may be for a node that is started later
   */
  public ClusterProcess(
      String name, List<Integer> ports, List<Integer> busPorts, String... arguments)
      throws InterruptedException {
    this(name, ports, busPorts, busPorts.size(), Map.of(), arguments);
  }

  private ClusterProcess(
      String name,
      List<Integer> ports,
      List<Integer> busPorts,
      int nodes,
      Map<String, String> settings,
      String... arguments)
      throws InterruptedException {
    this.name = name;
    this.ports.addAll(ports);
    this.busPorts = busPorts;
    this.settings = settings;
    this.arguments = arguments.clone();
    for (int i = 0; i < nodes; i++) {
      launch();
    }
    for (GatewayProcess node : this.nodes) {
      node.awaitReady();
    }
    awaitMembers(this.nodes.toArray(GatewayProcess[]::new));
  }

  /**
   * Waits until each of these nodes is a member of the cluster for all of them, and no other is.
   */
  public void awaitMembers(GatewayProcess... members) {
    Awaitility.await()
        .atMost(MEMBERSHIP)
        .ignoreExceptions()
        .untilAsserted(
            () -> {
              List<JsonObject> nodes = new ArrayList<>();
              for (GatewayProcess member : members) {
                nodes.add(call(member, "GET", "/v1/node", null).body());
              }
              Set<Object> ids = nodes.stream().map(node -> node.getValue("node")).collect(toSet());
              assertThat(ids).hasSize(members.length);
              assertThat(nodes)
                  .allSatisfy(
                      node ->
                          assertThat(node.getJsonArray("members").stream().collect(toSet()))
                              .isEqualTo(ids));
            });
  }

  private GatewayProcess launch() {
    int place = freePlace();
    Map<String, String> environment = environment();
    environment.put("LINKSPAN_CLUSTER_PORT", ports.get(place).toString());
    if (place < busPorts.size()) {
      environment.put("LINKSPAN_CLUSTER_BUSPORT", busPorts.get(place).toString());
    }
    GatewayProcess node = GatewayProcess.launch(environment, arguments);
    nodes.add(node);
    places.put(place, node);
    return node;
  }

  /** Returns the environment of a node, without its ports. */
  public Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(settings);
    environment.putIfAbsent("LINKSPAN_EVENTLOOPS", "2");
    environment.putIfAbsent("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    environment.put(SECRET, secret());
    environment.put("LINKSPAN_CLUSTER_ENABLED", "true");
    environment.put("LINKSPAN_CLUSTER_NAME", name);
    environment.put("LINKSPAN_CLUSTER_HOST", "127.0.0.1");
    environment.put("LINKSPAN_CLUSTER_JOIN_MEMBERS", String.join(",", members()));
    return environment;
  }

  /**
   * Returns the address of a node that has ended, or one that was never used. In deployments where
   * nodes have names, a replacement has the name of the node before it.
   */
  private int freePlace() {
    for (int place = 0; place < ports.size(); place++) {
      GatewayProcess before = places.get(place);
      if (before == null || !before.isAlive()) {
        return place;
      }
    }
    throw new IllegalStateException("all " + ports.size() + " nodes are running");
  }

  /** Starts one more node. */
  public GatewayProcess startAnother() throws InterruptedException {
    return launch().awaitReady();
  }

  /** Returns the configuration with which a service joins. */
  public String configuration() {
    return """
        cluster:
          enabled: true
          name: %s
          secret: "%s"
          host: 127.0.0.1
          join: {members: [%s]}
        """
        .formatted(
            name, secret(), String.join(", ", members().stream().map(m -> '"' + m + '"').toList()));
  }

  /** Returns the secret of the settings, which may be empty, or one of this cluster. */
  private String secret() {
    return settings.getOrDefault(SECRET, "the secret of " + name);
  }

  private List<String> members() {
    return ports.stream().map(port -> "127.0.0.1:" + port).toList();
  }

  /** Returns a node by the order in which they were started. */
  public GatewayProcess node(int index) {
    return nodes.get(index);
  }

  /** Connects a client by WebSocket. */
  public WebSocketTestClient connect(int node, String query) {
    return WebSocketTestClient.connect(node(node).httpPort(), query);
  }

  /** Calls the HTTP API of a node. */
  public Answer call(int node, String method, String path, String body) {
    return call(node(node), method, path, body);
  }

  /** Calls the HTTP API of a node, also one that was started later. */
  public Answer call(GatewayProcess node, String method, String path, String body) {
    var publisher =
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body);
    URI uri = URI.create("http://127.0.0.1:" + node.managementPort() + path);
    try {
      HttpResponse<String> response =
          HTTP.send(
              HttpRequest.newBuilder(uri)
                  .header("Content-Type", "application/json")
                  .method(method, publisher)
                  .timeout(PATIENCE)
                  .build(),
              BodyHandlers.ofString());
      String text = response.body();
      return new Answer(response.statusCode(), text.isEmpty() ? null : new JsonObject(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Reads a resource of the HTTP API. */
  public JsonObject get(int node, String path) {
    return call(node, "GET", path, null).body();
  }

  /** Encodes a name as a part of a path or a query. */
  public static String encoded(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** Prints everything that the nodes have printed. */
  public void print(PrintStream to) {
    for (int i = 0; i < nodes.size(); i++) {
      to.println("node " + i + nodes.get(i).output());
    }
  }

  @Override
  public void close() {
    nodes.forEach(GatewayProcess::close);
  }
}

package io.linkspan.testing;

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
import java.util.UUID;

/** Gateways on loopback, each in a process of its own, that are one cluster. */
public final class ClusterProcess implements AutoCloseable {

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** An answer of the HTTP API. */
  public record Answer(int status, JsonObject body) {}

  private final String name = "test-" + UUID.randomUUID();
  private final List<Integer> ports = new ArrayList<>();
  private final List<GatewayProcess> nodes = new ArrayList<>();
  private final Map<Integer, GatewayProcess> places = new HashMap<>();
  private final Map<String, String> settings;
  private final String[] arguments;

  /**
   * Starts a cluster.
   *
   * @param nodes how many are started
   * @param more how many can run at the same time beyond those
   * @param settings environment variables beyond those of the cluster
   * @param arguments of each node's command line
   */
  public ClusterProcess(int nodes, int more, Map<String, String> settings, String... arguments)
      throws InterruptedException {
    this.settings = settings;
    this.arguments = arguments.clone();
    for (int i = 0; i < nodes + more; i++) {
      ports.add(FreePort.of());
    }
    for (int i = 0; i < nodes; i++) {
      launch();
    }
    for (GatewayProcess node : this.nodes) {
      node.awaitReady();
    }
  }

  private GatewayProcess launch() {
    int place = freePlace();
    Map<String, String> environment = new HashMap<>(settings);
    environment.putIfAbsent("LINKSPAN_EVENTLOOPS", "2");
    environment.putIfAbsent("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    environment.put("LINKSPAN_CLUSTER_ENABLED", "true");
    environment.put("LINKSPAN_CLUSTER_NAME", name);
    environment.put("LINKSPAN_CLUSTER_HOST", "127.0.0.1");
    environment.put("LINKSPAN_CLUSTER_PORT", ports.get(place).toString());
    environment.put("LINKSPAN_CLUSTER_JOIN_MEMBERS", String.join(",", members()));
    GatewayProcess node = GatewayProcess.launch(environment, arguments);
    nodes.add(node);
    places.put(place, node);
    return node;
  }

  /**
   * A new node comes to the address of one that has ended, as where nodes have names of their own.
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

  /** The configuration by which a service joins. */
  public String configuration() {
    return """
        cluster:
          enabled: true
          name: %s
          host: 127.0.0.1
          join: {members: [%s]}
        """
        .formatted(name, String.join(", ", members().stream().map(m -> '"' + m + '"').toList()));
  }

  private List<String> members() {
    return ports.stream().map(port -> "127.0.0.1:" + port).toList();
  }

  /** A node, in the order in which they were started. */
  public GatewayProcess node(int index) {
    return nodes.get(index);
  }

  /** Connects a client by WebSocket. */
  public WebSocketTestClient connect(int node, String query) {
    return WebSocketTestClient.connect(node(node).httpPort(), query);
  }

  /** Asks the HTTP API of a node. */
  public Answer call(int node, String method, String path, String body) {
    return call(node(node), method, path, body);
  }

  /** The same. */
  public Answer call(GatewayProcess node, String method, String path, String body) {
    var publisher =
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body);
    URI uri = URI.create("http://127.0.0.1:" + node.managementPort() + path);
    try {
      HttpResponse<String> response =
          HTTP.send(
              HttpRequest.newBuilder(uri).method(method, publisher).timeout(PATIENCE).build(),
              BodyHandlers.ofString());
      String text = response.body();
      return new Answer(response.statusCode(), text.isEmpty() ? null : new JsonObject(text));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same without a body. */
  public JsonObject get(int node, String path) {
    return call(node, "GET", path, null).body();
  }

  /** A name as a part of a path or a query. */
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

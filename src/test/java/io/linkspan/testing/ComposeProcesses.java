package io.linkspan.testing;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;

/**
 * Runs the gateways, HAProxy and Prometheus of {@code docs/deploy/compose.yaml} as processes, with
 * their command lines, environments and files. Addresses of the loopback network stand for those of
 * the file, and free ports for its ports. All gateways have the same address, since Hazelcast uses
 * addresses of network interfaces only.
 */
public final class ComposeProcesses implements AutoCloseable {

  private static final String HAPROXY = "haproxy";
  private static final String PROMETHEUS = "prometheus";
  private static final String LOOPBACK = "127.0.0.1";
  private static final String ANY_ADDRESS = "0.0.0.0";
  private static final Pattern ADDRESS = Pattern.compile("(172\\.30\\.77\\.\\d+)(?::(\\d+))?");
  private static final Pattern OWN_PORT = Pattern.compile("0\\.0\\.0\\.0:(\\d+)");
  private static final Pattern CLUSTER_PORT = Pattern.compile("(\\b(?:port|busPort): )(\\d+)");
  private static final Pattern SERVER = Pattern.compile("server (node\\d+) \\S+");

  /** As in .env. */
  private static final Map<String, String> SECRETS =
      Map.of(
          "LINKSPAN_CLUSTER_SECRET", "a secret of the cluster",
          "LINKSPAN_MANAGEMENT_APIKEY", "a key of the management port");

  private static final int HTTP = 8080;
  private static final int TCP = 7000;
  private static final int MANAGEMENT = 9090;

  /** Ports of the gateways, by the variables that name them. */
  private static final Map<String, Integer> PORTS =
      Map.of(
          "LINKSPAN_HTTP_PORT", HTTP,
          "LINKSPAN_TCP_PORT", TCP,
          "LINKSPAN_MANAGEMENT_PORT", MANAGEMENT);

  private final ComposeFile compose = ComposeFile.read(SECRETS);

  /** Ports that stand for those of the file, by the name of their service and their number. */
  private final Map<String, Integer> ports = new HashMap<>();

  private final Map<String, GatewayProcess> nodes = new LinkedHashMap<>();
  private final Path folder;
  private final String network;
  private ProxyProcess haproxy;
  private ChildProcess prometheus;

  /**
   * Starts everything; returns when all nodes are ready and HAProxy listens.
   *
   * @param folder for the files of the containers
   */
  public ComposeProcesses(Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    var random = new Random();
    network = "127.%d.%d.".formatted(1 + random.nextInt(250), 1 + random.nextInt(250));
    try {
      for (String node : compose.nodes()) {
        nodes.put(node, launch(node));
      }
      for (GatewayProcess node : nodes.values()) {
        node.awaitReady();
      }
      startHaproxy();
      startPrometheus();
    } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
      close();
      throw e;
    }
  }

  private GatewayProcess launch(String node) throws IOException {
    Map<String, String> environment = new HashMap<>();
    compose
        .environment(node)
        .forEach((name, value) -> environment.put(name, translate(value, node)));
    PORTS.forEach((name, port) -> environment.put(name, Integer.toString(port(node, port))));
    environment.put("LINKSPAN_LIMITS_CONNECTRATE_PERUSER", "0");
    return GatewayProcess.launch(environment, command(node).toArray(String[]::new));
  }

  private void startHaproxy() throws IOException {
    List<String> command = command(HAPROXY);
    haproxy = ProxyProcess.haproxy(Path.of(command.get(command.size() - 1)));
    haproxy.awaitListening(http()).awaitListening(tcp());
  }

  private void startPrometheus() throws IOException {
    List<String> arguments = new ArrayList<>();
    for (String argument : command(PROMETHEUS)) {
      arguments.add(argument.replace("=/prometheus", "=" + folder.resolve("series")));
    }
    arguments.add("--web.listen-address=" + text(prometheus()));
    prometheus = Promtool.start(folder, arguments);
  }

  /** Writes the files that a service sees, and returns its command line, which names them. */
  private List<String> command(String service) throws IOException {
    List<String> command = new ArrayList<>(compose.command(service));
    for (ComposeFile.Mount mount : compose.mounts(service)) {
      Path file = folder.resolve(service).resolve(mount.source());
      Files.createDirectories(file.getParent());
      String text = DocumentedCode.read(ComposeFile.FOLDER + mount.source());
      // Prometheus looks at the nodes more often, so that the test need not wait for it.
      text =
          translate(text, service)
              .replace("scrape_interval: 15s", "scrape_interval: 5s")
              // A container has no other address to send from.
              .replace("default-server ", "default-server source %s ".formatted(host(service)));
      Files.writeString(file, text);
      command.replaceAll(word -> word.replace(mount.target(), file.toString()));
    }
    return command;
  }

  private String translate(String text, String service) {
    String translated =
        SERVER
            .matcher(text)
            .replaceAll(server -> server.group() + " port " + port(server.group(1), MANAGEMENT));
    translated =
        ADDRESS
            .matcher(translated)
            .replaceAll(address -> translated(address.group(1), address.group(2)));
    translated =
        OWN_PORT
            .matcher(translated)
            .replaceAll(own -> text(address(service, Integer.parseInt(own.group(1)))));
    return CLUSTER_PORT
        .matcher(translated)
        .replaceAll(own -> own.group(1) + port(service, Integer.parseInt(own.group(2))))
        .replace(ANY_ADDRESS, host(service));
  }

  private String translated(String address, String port) {
    String owner =
        compose.services().stream()
            .filter(service -> compose.address(service).equals(address))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no service has the address " + address));
    return port == null ? host(owner) : text(address(owner, Integer.parseInt(port)));
  }

  private String host(String service) {
    String address = compose.address(service);
    return compose.nodes().contains(service)
        ? LOOPBACK
        : network + address.substring(address.lastIndexOf('.') + 1);
  }

  private int port(String service, int port) {
    return ports.computeIfAbsent(service + ":" + port, added -> FreePort.of());
  }

  private InetSocketAddress address(String service, int port) {
    return new InetSocketAddress(host(service), port(service, port));
  }

  /** Returns the address of HAProxy's listener for HTTP. */
  public InetSocketAddress http() {
    return address(HAPROXY, HTTP);
  }

  /** Returns the address of HAProxy's listener for TCP. */
  public InetSocketAddress tcp() {
    return address(HAPROXY, TCP);
  }

  /** Returns the address of Prometheus. */
  public InetSocketAddress prometheus() {
    return address(PROMETHEUS, MANAGEMENT);
  }

  /** Returns the address of the management port of a node. */
  public InetSocketAddress management(String node) {
    return address(node, MANAGEMENT);
  }

  /** Returns the key of the management ports. */
  public String apiKey() {
    return SECRETS.get("LINKSPAN_MANAGEMENT_APIKEY");
  }

  /** Returns an address with its port, as in a URL. */
  public static String text(InetSocketAddress address) {
    return address.getHostString() + ":" + address.getPort();
  }

  /** Returns the nodes by their names in the file. */
  public Map<String, GatewayProcess> nodes() {
    return nodes;
  }

  /** Prints everything that the processes have printed. */
  public void print(PrintStream to) {
    nodes.forEach((name, node) -> to.println(name + node.output()));
    to.println("haproxy" + haproxy.output());
    to.println("prometheus" + prometheus.output());
  }

  @Override
  public void close() {
    nodes.values().forEach(GatewayProcess::close);
    if (haproxy != null) {
      haproxy.close();
    }
    if (prometheus != null) {
      prometheus.close();
    }
  }
}

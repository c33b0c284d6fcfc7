package io.linkspan;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.cluster.ClusterConfig;
import io.linkspan.config.ConfigException;
import io.linkspan.config.ConfigNode;
import io.linkspan.config.ConfigTree;
import io.linkspan.connection.HeartbeatConfig;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.ops.ManagementConfig;
import io.linkspan.protocol.enet.Feature;
import io.linkspan.routing.Route;
import io.linkspan.session.SessionConfig;
import io.linkspan.transport.channel.TlsConfig;
import io.linkspan.transport.enet.EnetTransportConfig;
import io.linkspan.transport.http.HttpConfig;
import io.linkspan.transport.socketio.SocketIoConfig;
import io.linkspan.transport.tcp.TcpConfig;
import io.linkspan.transport.websocket.WebSocketConfig;
import io.linkspan.upstream.UpstreamConfig;
import io.vertx.core.Deployable;
import io.vertx.core.json.JsonObject;
import java.io.File;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Everything that can be configured, each part as its owner wants it.
 *
 * @param eventLoops that serve clients; 0 is one per processor
 */
public record GatewayConfig(
    int eventLoops,
    HttpConfig http,
    WebSocketConfig websocket,
    SocketIoConfig socketio,
    EnetTransportConfig enet,
    TcpConfig tcp,
    ManagementConfig management,
    SessionConfig session,
    DeliveryConfig delivery,
    LimitsConfig limits,
    List<Route> routes,
    List<UpstreamConfig> upstreams,
    List<VerticleConfig> verticles,
    ClusterConfig cluster,
    DrainConfig drain) {

  /**
   * A class to deploy beside the gateway.
   *
   * @param config what its {@code config()} returns
   */
  public record VerticleConfig(String className, int instances, JsonObject config) {}

  /**
   * How a node says goodbye.
   *
   * @param timeout from the signal to the end of the process
   * @param batch clients sent away at once
   * @param pause between two batches
   */
  public record DrainConfig(Duration timeout, int batch, Duration pause) {}

  private static final Duration MS = Duration.ofMillis(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final int MAX = Integer.MAX_VALUE;
  private static final int MAX_EVENT_LOOPS = 1024;
  private static final int MAX_INSTANCES = 1024;
  private static final int MIN_MESSAGE = 128;

  public GatewayConfig {
    routes = List.copyOf(routes);
    upstreams = List.copyOf(upstreams);
    verticles = List.copyOf(verticles);
  }

  /** What runs when nothing is configured. */
  public static GatewayConfig defaults() {
    try {
      return load(null, Map.of());
    } catch (ConfigException e) {
      throw new IllegalStateException("the defaults are part of the jar", e);
    }
  }

  /**
   * Reads the configuration.
   *
   * @param file laid over the defaults; null is none
   * @param environment laid over both
   * @throws ConfigException with every problem there is
   */
  public static GatewayConfig load(Path file, Map<String, String> environment)
      throws ConfigException {
    ObjectNode tree = ConfigTree.load(file, environment);
    List<String> problems = new ArrayList<>();
    GatewayConfig config = read(new ConfigNode(tree, "", problems));
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return config;
  }

  private static GatewayConfig read(ConfigNode root) {
    HttpConfig http = http(root.section("http"));
    ManagementConfig management = management(root.section("management"));
    if (http.port() != 0 && http.port() == management.port()) {
      root.section("management").reject("port", "another port than http.port");
    }
    WebSocketConfig websocket = websocket(root.section("websocket"));
    SocketIoConfig socketio = socketio(root.section("socketio"));
    if (socketio.enabled() && socketio.path().equals(websocket.path())) {
      root.section("socketio").reject("path", "another path than websocket.path");
    }
    if (socketio.enabled() && http.idleTimeout().compareTo(socketio.pingInterval()) <= 0) {
      // A poll is held for so long.
      root.section("socketio").reject("pingInterval", "less than http.idleTimeout");
    }
    ClusterConfig cluster = ClusterConfig.read(root.section("cluster"));
    requireFree(root, "port", cluster.port(), http, management);
    requireFree(root, "busPort", cluster.busPort(), http, management);
    root.section("auth").choice("mode", Map.of("none", true));
    RouteReader routes = new RouteReader(new UpstreamReader(root.section("upstream")));
    root.sections("routes").forEach(routes::read);
    return new GatewayConfig(
        root.count("eventLoops", 0, MAX_EVENT_LOOPS),
        http,
        websocket,
        socketio,
        enet(root.section("enet"), root.section("auth")),
        tcp(root, List.of(http.port(), management.port())),
        management,
        session(root.section("session"), cluster.enabled()),
        delivery(root.section("delivery")),
        limits(root.section("limits")),
        routes.routes(),
        routes.upstreams(),
        root.sections("verticles").stream()
            .map(GatewayConfig::verticle)
            .filter(Objects::nonNull)
            .toList(),
        cluster,
        drain(root.section("drain")));
  }

  private static void requireFree(
      ConfigNode root, String key, int port, HttpConfig http, ManagementConfig management) {
    if (port != 0 && (port == http.port() || port == management.port())) {
      root.section("cluster").reject(key, "another port than http.port and management.port");
    }
  }

  private static HttpConfig http(ConfigNode http) {
    return new HttpConfig(
        http.name("host"),
        http.port("port"),
        http.duration("idleTimeout", Duration.ofSeconds(1), DAY),
        http.texts("origins"),
        tls(http.section("tls")));
  }

  private static TlsConfig tls(ConfigNode tls) {
    String cert = tls.text("cert");
    String key = tls.text("key");
    if (cert.isEmpty() != key.isEmpty()) {
      tls.reject(cert.isEmpty() ? "cert" : "key", "a file, as the other of cert and key is set");
    }
    requireReadable(tls, "cert", cert);
    requireReadable(tls, "key", key);
    return new TlsConfig(cert, key);
  }

  private static void requireReadable(ConfigNode section, String key, String file) {
    if (!file.isEmpty() && !new File(file).canRead()) {
      section.reject(key, "a file that can be read");
    }
  }

  private static WebSocketConfig websocket(ConfigNode websocket) {
    String path = websocket.text("path");
    if (!path.matches("/[^?#\\s]+")) {
      websocket.reject("path", "a path that begins with / and is not /");
    }
    return new WebSocketConfig(
        path,
        heartbeat(websocket.section("heartbeat")),
        websocket.size("maxMessageSize", MIN_MESSAGE, 1 << 30),
        websocket.flag("compression"),
        acknowledge(websocket));
  }

  private static SocketIoConfig socketio(ConfigNode socketio) {
    String path = socketio.text("path");
    if (!path.matches("/[^?#\\s]*[^?#\\s/]/?")) {
      socketio.reject("path", "a path that begins with / and is not /");
    }
    return new SocketIoConfig(
        socketio.flag("enabled"),
        path.endsWith("/") ? path.substring(0, path.length() - 1) : path,
        socketio.duration("pingInterval", MS, DAY),
        socketio.duration("pingTimeout", MS, DAY),
        socketio.duration("connectTimeout", MS, DAY),
        socketio.size("maxPayload", MIN_MESSAGE, 1 << 30),
        namespaces(socketio),
        socketio.flag("jsonp"),
        acknowledge(socketio),
        socketio.flag("recovery"),
        socketio.flag("connectEvent"),
        socketio.count("maxRelayed", 0, MAX));
  }

  private static List<String> namespaces(ConfigNode socketio) {
    List<String> namespaces = socketio.texts("namespaces");
    if (namespaces.isEmpty() || !namespaces.stream().allMatch(name -> name.matches("/[^,?]*"))) {
      socketio.reject("namespaces", "names that begin with / and have no comma or ?");
    }
    return namespaces;
  }

  private static EnetTransportConfig enet(ConfigNode enet, ConfigNode auth) {
    ConfigNode timeout = enet.section("timeout");
    Duration minimum = timeout.duration("minimum", MS, EnetTransportConfig.LONGEST_TIMEOUT);
    Duration maximum = timeout.duration("maximum", MS, EnetTransportConfig.LONGEST_TIMEOUT);
    if (minimum.compareTo(maximum) > 0) {
      timeout.reject("minimum", "no more than " + timeout.keyOf("maximum"));
      minimum = maximum;
    }
    return new EnetTransportConfig(
        enet.flag("enabled"),
        enet.name("host"),
        enet.port("port"),
        enet.count("channels", 1, EnetTransportConfig.MOST_CHANNELS),
        enet.choice(
            "checksum", Map.of("auto", Feature.DETECT, "true", Feature.ON, "false", Feature.OFF)),
        enet.choice("compression", Map.of("auto", Feature.DETECT, "none", Feature.OFF)),
        enet.size("maxPacketSize", MIN_MESSAGE, EnetTransportConfig.LONGEST_PACKET),
        enet.count("maxPeers", 1, MAX),
        enet.rate("connectRate"),
        enet.duration("pingInterval", MS, EnetTransportConfig.LONGEST_TIMEOUT),
        timeout.count("limit", 1, 1_000),
        minimum,
        maximum,
        auth.duration("timeout", MS, DAY),
        acknowledge(enet));
  }

  private static TcpConfig tcp(ConfigNode root, List<Integer> taken) {
    ConfigNode tcp = root.section("tcp");
    Duration authTimeout = root.section("auth").duration("timeout", MS, DAY);
    Set<Integer> ports = new HashSet<>(taken);
    Set<String> names = new HashSet<>();
    List<TcpConfig.Listener> listeners = new ArrayList<>();
    TcpConfig.Listener first = tcpListener(tcp, "tcp", authTimeout);
    if (tcp.flag("enabled")) {
      requireFree(tcp, first.port(), ports);
      listeners.add(first);
    }
    ObjectNode defaults = tcp.node().deepCopy();
    defaults.remove(List.of("enabled", "listeners"));
    defaults.put("name", "");
    for (ConfigNode item : tcp.sections("listeners")) {
      ConfigNode section = item.over(defaults);
      String name = section.text("name");
      if (!name.matches("[\\w-]+") || !names.add(name)) {
        section.reject("name", "a name of letters, digits, - and _ that no other listener has");
      }
      TcpConfig.Listener listener = tcpListener(section, "tcp." + name, authTimeout);
      requireFree(section, listener.port(), ports);
      listeners.add(listener);
    }
    return new TcpConfig(listeners);
  }

  private static void requireFree(ConfigNode section, int port, Set<Integer> taken) {
    if (port != 0 && !taken.add(port)) {
      section.reject("port", "a port that nothing else listens at");
    }
  }

  private static TcpConfig.Listener tcpListener(
      ConfigNode listener, String label, Duration authTimeout) {
    return new TcpConfig.Listener(
        listener.keyOf(""),
        label,
        listener.name("host"),
        listener.port("port"),
        tls(listener.section("tls")),
        FramingReader.read(listener.section("framing")),
        heartbeat(listener.section("heartbeat")),
        authTimeout,
        acknowledge(listener));
  }

  private static boolean acknowledge(ConfigNode transport) {
    return Boolean.TRUE.equals(
        transport.choice("acknowledge", Map.of("client", true, "transport", false)));
  }

  private static HeartbeatConfig heartbeat(ConfigNode heartbeat) {
    Duration interval = heartbeat.duration("interval", MS, DAY);
    Duration timeout = heartbeat.duration("timeout", MS, DAY);
    if (interval.compareTo(timeout) >= 0) {
      heartbeat.reject("interval", "less than " + heartbeat.keyOf("timeout"));
    }
    Duration writerIdle = heartbeat.duration("writerIdle", Duration.ZERO, DAY);
    return new HeartbeatConfig(
        interval,
        timeout,
        writerIdle.isZero() ? timeout : writerIdle,
        heartbeat.duration("allIdle", Duration.ZERO, DAY));
  }

  private static ManagementConfig management(ConfigNode management) {
    String host = management.name("host");
    String apiKey = management.text("apiKey");
    if (apiKey.isEmpty() && !isLoopback(host)) {
      management.reject("apiKey", "a key, as management.host is not a loopback address");
    }
    return new ManagementConfig(host, management.port("port"), apiKey);
  }

  /** A name that can not be resolved is no loopback address; listening there will say the rest. */
  static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static SessionConfig session(ConfigNode session, boolean cluster) {
    ConfigNode perUser = session.section("perUser");
    return new SessionConfig(
        session.duration("grace", Duration.ZERO, DAY),
        session.count("maxPending", 1, MAX),
        session.size("maxPendingBytes", MIN_MESSAGE, MAX),
        session.count("maxGroups", 0, MAX),
        perUser.count("max", 0, MAX),
        perUser.choice(
            "onExcess",
            Map.of(
                "replace", SessionConfig.OnExcess.REPLACE,
                "reject", SessionConfig.OnExcess.REJECT)),
        replicas(session, cluster));
  }

  private static int replicas(ConfigNode session, boolean cluster) {
    Integer replicas = session.choice("replicas", Map.of("auto", cluster ? 1 : 0, "0", 0, "1", 1));
    if (replicas == null) {
      return 0;
    }
    if (replicas > 0 && !cluster) {
      session.reject("replicas", "auto or 0, as cluster.enabled is false");
    }
    return replicas;
  }

  private static DeliveryConfig delivery(ConfigNode delivery) {
    ConfigNode duplicates = delivery.section("duplicates");
    return new DeliveryConfig(
        delivery.duration("requestTimeout", MS, DAY),
        delivery.duration("ackTimeout", MS, DAY),
        delivery.count("maxAttempts", 1, 1_000),
        duplicates.count("max", 0, MAX),
        duplicates.duration("window", MS, DAY),
        duplicates.count("users", 0, MAX));
  }

  private static LimitsConfig limits(ConfigNode limits) {
    ConfigNode connectRate = limits.section("connectRate");
    return new LimitsConfig(
        limits.count("connections", 0, MAX),
        limits.count("connectionsPerAddress", 0, MAX),
        connectRate.rate("perAddress"),
        connectRate.rate("perUser"),
        limits.rate("messageRate"),
        limits.rate("byteRate"),
        orUnlimited(limits.count("inFlight", 0, MAX)),
        orUnlimited(limits.count("waiting", 0, MAX)),
        orUnlimited(limits.size("waitingBytes", 0, MAX)),
        limits.size("writeQueue", 0, MAX),
        limits.count("malformed", 0, MAX));
  }

  private static int orUnlimited(int limit) {
    return limit == 0 ? MAX : limit;
  }

  private static VerticleConfig verticle(ConfigNode verticle) {
    if (verticle.node().isTextual()) {
      String className = verticle.node().textValue();
      requireVerticle(verticle, "", className);
      return new VerticleConfig(className, 1, new JsonObject());
    }
    if (!verticle.node().isObject()) {
      verticle.reject("", "a class name, or {class, instances, config}");
      return null;
    }
    verticle.allow("class", "instances", "config");
    String className = verticle.name("class");
    requireVerticle(verticle, "class", className);
    return new VerticleConfig(
        className,
        verticle.has("instances") ? verticle.count("instances", 1, MAX_INSTANCES) : 1,
        verticle.has("config")
            ? new JsonObject(verticle.node().get("config").toString())
            : new JsonObject());
  }

  private static void requireVerticle(ConfigNode section, String key, String className) {
    try {
      Class<?> type = Class.forName(className, false, GatewayConfig.class.getClassLoader());
      if (!Deployable.class.isAssignableFrom(type)) {
        section.reject(key, "a class that is a Vert.x verticle");
      }
    } catch (ClassNotFoundException e) {
      section.reject(key, "a class on the class path");
    }
  }

  private static DrainConfig drain(ConfigNode drain) {
    return new DrainConfig(
        drain.duration("timeout", Duration.ofSeconds(1), DAY),
        drain.count("batch", 1, MAX),
        drain.duration("pause", MS, DAY));
  }
}

package io.linkspan;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.auth.AuthConfig;
import io.linkspan.ban.BanConfig;
import io.linkspan.bus.VertxProcess;
import io.linkspan.cluster.ClusterConfig;
import io.linkspan.config.ConfigException;
import io.linkspan.config.ConfigNode;
import io.linkspan.config.ConfigTree;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.history.HistoryConfig;
import io.linkspan.listener.AddressRange;
import io.linkspan.log.StoreConfig;
import io.linkspan.logging.LogConfig;
import io.linkspan.mailbox.MailboxConfig;
import io.linkspan.memory.MemoryConfig;
import io.linkspan.ops.ManagementConfig;
import io.linkspan.permission.PermissionRules;
import io.linkspan.permission.RuleReader;
import io.linkspan.presence.PresenceConfig;
import io.linkspan.rebalance.RebalanceConfig;
import io.linkspan.revocation.RevocationConfig;
import io.linkspan.routing.Route;
import io.linkspan.routing.RouteReader;
import io.linkspan.session.SessionConfig;
import io.linkspan.telemetry.TracingConfig;
import io.linkspan.trace.TraceConfig;
import io.linkspan.transport.enet.EnetTransportConfig;
import io.linkspan.transport.http.HttpConfig;
import io.linkspan.transport.socketio.SocketIoConfig;
import io.linkspan.transport.tcp.TcpConfig;
import io.linkspan.transport.websocket.WebSocketConfig;
import io.linkspan.upstream.UpstreamAddresses;
import io.linkspan.upstream.UpstreamConfig;
import io.linkspan.upstream.UpstreamReader;
import io.linkspan.upstream.http.HttpBackendFactory;
import io.linkspan.upstream.tcp.TcpBackendFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The configuration of a node, composed of the sections of all parts.
 *
 * @param tree the values of all keys, from which this was read
 * @param eventLoops number of event loops that serve clients; 0 is one per processor
 */
public record GatewayConfig(
    ConfigTree tree,
    int eventLoops,
    HttpConfig http,
    WebSocketConfig websocket,
    SocketIoConfig socketio,
    EnetTransportConfig enet,
    TcpConfig tcp,
    ManagementConfig management,
    AuthConfig auth,
    SessionConfig session,
    DeliveryConfig delivery,
    LimitsConfig limits,
    BanConfig bans,
    MemoryConfig memory,
    TraceConfig trace,
    TracingConfig tracing,
    List<Route> routes,
    PermissionRules permissions,
    RevocationConfig revocation,
    List<UpstreamConfig> upstreams,
    List<VerticleConfig> verticles,
    ClusterConfig cluster,
    DrainConfig drain,
    LogConfig log,
    RebalanceConfig rebalance,
    MailboxConfig mailbox,
    HistoryConfig history,
    HistoryConfig streams,
    StoreConfig store,
    PresenceConfig presence) {

  private static final int MAX_EVENT_LOOPS = 1024;

  /** Name of the service that decides about clients, in metrics and logs. */
  private static final String AUTH_HOOK = "auth.hook";

  /** Name of the service that is notified of kept Messages. */
  private static final String MAILBOX_HOOK = "mailbox.hook";

  public GatewayConfig {
    routes = List.copyOf(routes);
    upstreams = List.copyOf(upstreams);
    verticles = List.copyOf(verticles);
  }

  /** Returns the configuration of a node for which nothing is configured. */
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
   * @param file overrides the defaults; null for none
   * @param environment overrides both
   * @throws ConfigException with every problem
   */
  public static GatewayConfig load(Path file, Map<String, String> environment)
      throws ConfigException {
    return read(ConfigTree.read(file, environment), List.of());
  }

  /**
   * Reads the settings that a tree describes.
   *
   * @param inForce upstreams that keep their addresses if they do not change
   * @throws ConfigException with every problem
   */
  static GatewayConfig read(ConfigTree tree, List<UpstreamConfig> inForce) throws ConfigException {
    ConfigNode root = tree.root();
    GatewayConfig config = read(tree, root, new UpstreamAddresses(tree.generation(), inForce));
    root.throwIfRejected();
    return config;
  }

  private static GatewayConfig read(ConfigTree tree, ConfigNode root, UpstreamAddresses addresses) {
    HttpConfig http = HttpConfig.read(root.section("http"));
    ManagementConfig management = ManagementConfig.read(root.section("management"));
    ClusterConfig cluster = ClusterConfig.read(root.section("cluster"));
    var upstreams =
        new UpstreamReader(
            root.section("upstream"),
            Map.of("http", HttpBackendFactory::read, "tcp", TcpBackendFactory::read),
            addresses);
    AuthConfig auth =
        AuthConfig.read(
            root.section("auth"), hook -> upstreams.read(hook, "http", AUTH_HOOK).address());
    MailboxConfig mailbox =
        MailboxConfig.read(
            root.section("mailbox"), hook -> upstreams.read(hook, "http", MAILBOX_HOOK).address());
    List<Route> routes =
        RouteReader.read(
            root.sections("routes"), (route, kind, name) -> upstream(upstreams, route, kind, name));
    GatewayConfig config =
        new GatewayConfig(
            tree,
            root.count("eventLoops", 0, MAX_EVENT_LOOPS),
            http,
            WebSocketConfig.read(root.section("websocket")),
            SocketIoConfig.read(root.section("socketio")),
            EnetTransportConfig.read(root.section("enet"), auth.timeout()),
            TcpConfig.read(
                root.section("tcp"), auth.timeout(), List.of(http.port(), management.port())),
            management,
            auth,
            SessionConfig.read(root.section("session"), cluster.enabled()),
            DeliveryConfig.read(root.section("delivery")),
            LimitsConfig.read(root.section("limits")),
            BanConfig.read(root.section("bans")),
            MemoryConfig.read(root.section("memory")),
            TraceConfig.read(root.section("trace")),
            TracingConfig.read(root.section("tracing")),
            routes,
            RuleReader.read(root.sections("permissions"), !auth.verifies()),
            RevocationConfig.read(root.section("revocation")),
            upstreams.upstreams(),
            root.sections("verticles").stream().map(VerticleConfig::read).toList(),
            cluster,
            DrainConfig.read(root.section("drain")),
            LogConfig.read(root.section("log")),
            RebalanceConfig.read(root.section("rebalance")),
            mailbox,
            HistoryConfig.read(root.section("history")),
            HistoryConfig.read(root.section("streams")),
            StoreConfig.read(root.section("store"), cluster.enabled()),
            PresenceConfig.read(root.section("presence")));
    config.checkSections(root);
    return config;
  }

  private static RouteReader.Upstream upstream(
      UpstreamReader reader, ConfigNode route, String kind, String name) {
    UpstreamConfig upstream = reader.read(route, kind, name);
    return new RouteReader.Upstream(upstream.address(), upstream.pipeline().longest());
  }

  /**
   * Returns the URL for plain WebSockets of this machine; null when they need TLS.
   *
   * @param httpPort in use
   */
  String localUrl(int httpPort) {
    return http.tls().enabled() ? null : "ws://127.0.0.1:" + httpPort + websocket.path();
  }

  /** Returns how many event loops serve clients. */
  int loops() {
    return VertxProcess.eventLoops(eventLoops);
  }

  /** Returns the addresses of all proxies, which stand for many clients. */
  List<AddressRange> proxies() {
    return Stream.concat(
            Stream.of(http.proxy()), tcp.listeners().stream().map(TcpConfig.Listener::proxy))
        .flatMap(proxy -> proxy.trusted().stream())
        .toList();
  }

  /** Checks the rules that span several sections. */
  private void checkSections(ConfigNode root) {
    if (http.port() != 0 && http.port() == management.port()) {
      root.section("management").reject("port", "another port than http.port");
    }
    if (socketio.enabled() && socketio.path().equals(websocket.path())) {
      root.section("socketio").reject("path", "another path than websocket.path");
    }
    if (socketio.enabled() && http.idleTimeout().compareTo(socketio.pingInterval()) <= 0) {
      // A poll is held for this time.
      root.section("socketio").reject("pingInterval", "less than http.idleTimeout");
    }
    if (!auth.cookie().isEmpty() && http.origins().contains("*")) {
      // Any page could act as the user of the browser.
      root.section("auth").reject("cookie", "no name while http.origins allows all pages");
    }
    if (!streams.isOn() && routes.stream().anyMatch(Route::keepsStreams)) {
      root.section("streams").reject("for", "positive, as a route has keepStream");
    }
    requireFree(root.section("cluster"), "port", cluster.port());
    requireFree(root.section("cluster"), "busPort", cluster.busPort());
  }

  private void requireFree(ConfigNode section, String key, int port) {
    if (port != 0 && (port == http.port() || port == management.port())) {
      section.reject(key, "another port than http.port and management.port");
    }
  }
}

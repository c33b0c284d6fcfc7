package io.linkspan.transport.tcp;

import io.linkspan.config.ConfigNode;
import io.linkspan.connection.HeartbeatConfig;
import io.linkspan.framing.FramingConfig;
import io.linkspan.listener.ProxyConfig;
import io.linkspan.listener.TlsConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Settings of the framed TCP transport.
 *
 * @param listeners to open; the transport is off when there are none
 */
public record TcpConfig(List<Listener> listeners) {

  public TcpConfig {
    listeners = List.copyOf(listeners);
  }

  /**
   * Settings of one port.
   *
   * @param key of its section in the configuration, for error messages
   * @param label of its port, such as {@code tcp.lines}
   * @param host to listen at
   * @param port 0 is any free one
   * @param proxy names the clients of connections
   * @param heartbeat its interval is also that of the kernel's keep-alive probes
   * @param authTimeout time after which a client that sent nothing becomes anonymous
   * @param clientAcknowledges the default of the auth message's header {@code ack}
   */
  public record Listener(
      String key,
      String label,
      String host,
      int port,
      ProxyConfig proxy,
      TlsConfig tls,
      FramingConfig framing,
      HeartbeatConfig heartbeat,
      Duration authTimeout,
      boolean clientAcknowledges) {

    private static Listener read(ConfigNode listener, String label, Duration authTimeout) {
      return new Listener(
          listener.keyOf(""),
          label,
          listener.name("host"),
          listener.port("port"),
          ProxyConfig.read(listener.section("proxy")),
          TlsConfig.read(listener.section("tls")),
          FramingConfig.read(listener.section("framing")),
          HeartbeatConfig.read(listener.section("heartbeat")),
          authTimeout,
          listener.either("acknowledge", "client", "transport"));
    }
  }

  /**
   * Reads the section {@code tcp}: a first listener, and further ones that differ from it.
   *
   * @param authTimeout from the section {@code auth}
   * @param takenPorts of other listeners
   */
  public static TcpConfig read(ConfigNode tcp, Duration authTimeout, List<Integer> takenPorts) {
    Set<Integer> ports = new HashSet<>(takenPorts);
    Set<String> names = new HashSet<>();
    List<Listener> listeners = new ArrayList<>();
    Listener first = Listener.read(tcp, "tcp", authTimeout);
    if (tcp.flag("enabled")) {
      requireFree(tcp, first.port(), ports);
      listeners.add(first);
    }
    ConfigNode defaults = tcp.without("enabled", "listeners").withEmpty("name");
    for (ConfigNode item : tcp.sections("listeners")) {
      ConfigNode section = item.over(defaults);
      String name = section.text("name");
      if (!name.matches("[\\w-]+") || !names.add(name)) {
        section.reject("name", "a name of letters, digits, - and _ that no other listener has");
      }
      Listener listener = Listener.read(section, "tcp." + name, authTimeout);
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
}

package io.linkspan.transport.tcp;

import io.linkspan.connection.HeartbeatConfig;
import io.linkspan.framing.FramingConfig;
import io.linkspan.transport.channel.TlsConfig;
import java.time.Duration;
import java.util.List;

/**
 * The framed TCP transport.
 *
 * @param listeners that are open; none is a transport that is off
 */
public record TcpConfig(List<Listener> listeners) {

  public TcpConfig {
    listeners = List.copyOf(listeners);
  }

  /**
   * A port with one kind of framing.
   *
   * @param key of its section in the configuration, for what goes wrong with it
   * @param label of its port, such as {@code tcp.lines}
   * @param host to listen at
   * @param port 0 is any free one
   * @param heartbeat its interval is that of the kernel's own probes
   * @param authTimeout how long a client may take to say anything before it is anonymous
   * @param clientAcknowledges the default of the auth message's header {@code ack}
   */
  public record Listener(
      String key,
      String label,
      String host,
      int port,
      TlsConfig tls,
      FramingConfig framing,
      HeartbeatConfig heartbeat,
      Duration authTimeout,
      boolean clientAcknowledges) {}
}

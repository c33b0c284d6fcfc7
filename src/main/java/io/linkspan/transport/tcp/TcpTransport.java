package io.linkspan.transport.tcp;

import io.linkspan.admission.LimitsConfig;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.framing.Framing;
import io.linkspan.framing.FramingConfig;
import io.linkspan.framing.Framings;
import io.linkspan.listener.CertificateWatch;
import io.linkspan.transport.channel.BackPressureLimits;
import io.linkspan.transport.channel.ConnectContext;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;

/** The framed TCP ports of one event loop. Used only on it. */
public final class TcpTransport {

  /** Differs from the -1 of the HTTP port, since Vert.x keeps both in one table. */
  private static final int FIRST_ANY_PORT = -2;

  private final TcpConfig config;
  private final List<TcpListener> listeners = new ArrayList<>();

  /**
   * Must be created on the event loop that it belongs to.
   *
   * @param limits in force, which can change
   * @param watches whether this instance watches the certificates, for all event loops
   */
  public TcpTransport(
      Vertx vertx,
      TcpConfig config,
      Supplier<LimitsConfig> limits,
      ConnectContext entrance,
      TransportMetrics metrics,
      boolean watches) {
    this.config = config;
    for (TcpConfig.Listener listener : config.listeners()) {
      Framing framing = Framings.of(listener.framing());
      listeners.add(
          new TcpListener(
              new TcpConnectionContext(
                  vertx,
                  listener,
                  framing,
                  framing::encode,
                  limits,
                  BackPressureLimits.of(limits.get(), isCompressed(listener)),
                  entrance,
                  metrics),
              FIRST_ANY_PORT - listeners.size(),
              watches));
    }
  }

  private static boolean isCompressed(TcpConfig.Listener listener) {
    return listener.framing().compression() != FramingConfig.Compression.NONE;
  }

  /**
   * Starts to listen on every port.
   *
   * @return the ports in use, by their labels
   */
  public Future<Map<String, Integer>> listen() {
    List<Future<Integer>> ports = listeners.stream().map(TcpListener::listen).toList();
    return Future.all(ports)
        .map(
            v -> {
              Map<String, Integer> byLabel = new LinkedHashMap<>();
              for (int i = 0; i < ports.size(); i++) {
                byLabel.put(config.listeners().get(i).label(), ports.get(i).result());
              }
              return byLabel;
            });
  }

  /** Returns what watches the certificates; empty on event loops where nothing does. */
  public List<CertificateWatch> certificates() {
    return listeners.stream().map(TcpListener::certificate).filter(Objects::nonNull).toList();
  }

  /** Closes clients that have no session, because the event loop is being drained. */
  public void drain() {
    listeners.forEach(TcpListener::drain);
  }

  /** Closes the ports and every connection that is still open. */
  public Future<Void> close() {
    return Future.join(listeners.stream().map(TcpListener::close).toList()).mapEmpty();
  }
}

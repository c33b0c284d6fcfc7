package io.linkspan.transport.websocket;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.RemoteAddress;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.transport.channel.ConnectContext;
import io.linkspan.transport.http.HttpCredentials;
import io.linkspan.transport.http.HttpEndpoint;
import io.linkspan.transport.http.Refusal;
import io.linkspan.transport.http.Upgrade;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Admits WebSocket clients, or refuses them with a reason. Used only on its event loop. */
public final class WebSocketEndpoint implements HttpEndpoint {

  private final WebSocketConfig config;
  private final Supplier<LimitsConfig> limits;
  private final ConnectContext context;
  private final ConnectPolicy policy;
  private final Supplier<HttpCredentials> credentials;
  private final TransportMetrics metrics;

  /** One for all connections. */
  private final Consumer<WebSocketConnection> onEnd = this::ended;

  /**
   * @param limits of new connections, which can change
   * @param credentials reads those of a request; can change
   */
  public WebSocketEndpoint(
      WebSocketConfig config,
      Supplier<LimitsConfig> limits,
      ConnectContext context,
      Supplier<HttpCredentials> credentials,
      TransportMetrics metrics) {
    this.config = config;
    this.limits = limits;
    this.context = context;
    this.credentials = credentials;
    this.metrics = metrics;
    policy = context.policy();
  }

  @Override
  public boolean serves(String path) {
    return path.equals(config.path());
  }

  @Override
  public void handle(HttpServerRequest request, SocketAddress peer) {
    if (!request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
      Refusal.UPGRADE_REQUIRED.send(request);
      return;
    }
    Refusal impossible = Upgrade.check(request);
    if (impossible != null) {
      impossible.send(request);
      return;
    }
    String remote = peer.toString();
    Credentials credentials;
    try {
      credentials = this.credentials.get().read(request, metrics.transport(), remote);
    } catch (IllegalArgumentException e) {
      Refusal.MALFORMED_QUERY.send(request);
      return;
    }
    try {
      policy.checkOrigin(
          request.getHeader(HttpHeaders.ORIGIN), request.getHeader(HttpHeaders.HOST));
      policy.enter(RemoteAddress.host(remote));
    } catch (ConnectRefusedException refusal) {
      refuse(request, refusal);
      return;
    }
    begin(request, remote, credentials);
  }

  private void begin(HttpServerRequest request, String remote, Credentials credentials) {
    long since = System.nanoTime();
    var connection =
        new WebSocketConnection(
            context.timers(),
            remote,
            chooseSubprotocol(request),
            config,
            limits.get(),
            metrics,
            context.shard().memory(),
            onEnd);
    policy.latch().enter();
    var upgrade = new Upgrade(context.timers(), request, connection);
    policy
        .admit(credentials, config.clientAcknowledges())
        .compose(client -> context.open(connection, client))
        .onComplete(
            session -> {
              metrics.joined(session.recovered(), since);
              connection.begin(session);
              upgrade.accept();
            },
            failure -> refuse(upgrade, connection, ConnectPolicy.notOpened(failure)));
    upgrade.failAfter(limits.get().pending().timeout());
  }

  private void ended(WebSocketConnection connection) {
    policy.leave(RemoteAddress.host(connection.remote()));
    policy.latch().leave();
  }

  /**
   * Leaves one of the offered subprotocols: JSON if it is among them, or the one that says nothing
   * else than binary, or the one with the token, since browsers fail unless one is accepted.
   *
   * @return whether it is JSON
   */
  private static boolean chooseSubprotocol(HttpServerRequest request) {
    List<String> offers = HttpCredentials.subprotocols(request);
    if (offers.isEmpty()) {
      return false;
    }
    String chosen =
        offers.contains(WebSocketConfig.JSON_SUBPROTOCOL)
            ? WebSocketConfig.JSON_SUBPROTOCOL
            : offers.contains(WebSocketConfig.BINARY_SUBPROTOCOL)
                ? WebSocketConfig.BINARY_SUBPROTOCOL
                : offers.stream().filter(HttpCredentials::isToken).findFirst().orElse(null);
    if (chosen == null) {
      request.headers().remove(HttpCredentials.SUBPROTOCOLS);
    } else {
      request.headers().set(HttpCredentials.SUBPROTOCOLS, chosen);
    }
    return WebSocketConfig.JSON_SUBPROTOCOL.equals(chosen);
  }

  private void refuse(HttpServerRequest request, ConnectRefusedException refusal) {
    metrics.refused(refusal.reason());
    Refusal.of(refusal).send(request);
  }

  private void refuse(
      Upgrade upgrade, WebSocketConnection connection, ConnectRefusedException refusal) {
    metrics.refused(refusal.reason());
    if (refusal.reason() == CloseReason.UNAUTHENTICATED) {
      // Only a WebSocket carries the code 4401.
      connection.close(CloseReason.UNAUTHENTICATED);
      upgrade.accept();
    } else {
      upgrade.refuse(Refusal.of(refusal));
    }
  }
}

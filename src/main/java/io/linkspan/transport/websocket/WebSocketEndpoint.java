package io.linkspan.transport.websocket;

import io.linkspan.admission.ConnectPolicy;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.transport.channel.ConnectContext;
import io.linkspan.transport.http.HttpEndpoint;
import io.linkspan.transport.http.Refusal;
import io.linkspan.transport.http.Upgrade;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.net.SocketAddress;
import java.util.Arrays;
import java.util.List;

/** Admits WebSocket clients, or refuses them with a reason. Used only on its event loop. */
public final class WebSocketEndpoint implements HttpEndpoint {

  private static final String SUBPROTOCOLS = "Sec-WebSocket-Protocol";

  private final Vertx vertx;
  private final WebSocketConfig config;
  private final LimitsConfig limits;
  private final ConnectContext context;
  private final ConnectPolicy policy;
  private final TransportMetrics metrics;

  public WebSocketEndpoint(
      Vertx vertx,
      WebSocketConfig config,
      LimitsConfig limits,
      ConnectContext context,
      TransportMetrics metrics) {
    this.vertx = vertx;
    this.config = config;
    this.limits = limits;
    this.context = context;
    this.metrics = metrics;
    policy = context.policy();
  }

  @Override
  public boolean serves(String path) {
    return path.equals(config.path());
  }

  @Override
  public void handle(HttpServerRequest request, SocketAddress remote) {
    if (!request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
      Refusal.UPGRADE_REQUIRED.send(request);
      return;
    }
    Refusal impossible = Upgrade.check(request);
    if (impossible != null) {
      impossible.send(request);
      return;
    }
    Credentials credentials;
    try {
      credentials = credentials(request);
    } catch (IllegalArgumentException e) {
      Refusal.MALFORMED_QUERY.send(request);
      return;
    }
    String address = remote.hostAddress();
    try {
      policy.checkOrigin(
          request.getHeader(HttpHeaders.ORIGIN), request.getHeader(HttpHeaders.HOST));
      policy.enter(address);
    } catch (ConnectRefusedException refusal) {
      refuse(request, refusal);
      return;
    }
    ConnectPolicy.Admitted client;
    try {
      client = policy.admit(credentials, config.clientAcknowledges());
    } catch (ConnectRefusedException refusal) {
      policy.leave(address);
      refuse(request, refusal);
      return;
    }
    begin(request, remote, client);
  }

  /**
   * Reads the query.
   *
   * @throws IllegalArgumentException when it cannot be decoded
   */
  private static Credentials credentials(HttpServerRequest request) {
    return new Credentials(
        parameter(request, "user"), parameter(request, "ack"), parameter(request, "session"));
  }

  /** Returns the last value of a parameter, as the other transports do, or null. */
  private static String parameter(HttpServerRequest request, String name) {
    List<String> values = request.params().getAll(name);
    return values.isEmpty() ? null : values.get(values.size() - 1);
  }

  private void begin(
      HttpServerRequest request, SocketAddress remote, ConnectPolicy.Admitted client) {
    String address = remote.hostAddress();
    var connection =
        new WebSocketConnection(
            vertx,
            remote.toString(),
            config,
            limits,
            metrics,
            context.shard().memory(),
            () -> ended(address));
    policy.latch().enter();
    chooseSubprotocol(request.headers());
    var upgrade = new Upgrade(vertx, request, limits.pending().timeout(), connection);
    context
        .open(connection, client)
        .onComplete(
            session -> {
              connection.begin(session);
              upgrade.accept();
            },
            failure -> {
              ConnectRefusedException refusal = ConnectPolicy.notOpened(failure);
              metrics.refused(refusal.reason());
              upgrade.refuse(Refusal.of(refusal));
            });
  }

  private void ended(String address) {
    policy.leave(address);
    policy.latch().leave();
  }

  /** Leaves of the offered subprotocols the one that is spoken here, if it is among them. */
  private static void chooseSubprotocol(MultiMap headers) {
    boolean json =
        headers.getAll(SUBPROTOCOLS).stream()
            .flatMap(offer -> Arrays.stream(offer.split(",")))
            .anyMatch(offer -> offer.strip().equals(WebSocketConfig.JSON_SUBPROTOCOL));
    if (json) {
      headers.set(SUBPROTOCOLS, WebSocketConfig.JSON_SUBPROTOCOL);
    } else {
      headers.remove(SUBPROTOCOLS);
    }
  }

  private void refuse(HttpServerRequest request, ConnectRefusedException refusal) {
    CloseReason reason = refusal.reason();
    metrics.refused(reason);
    if (reason == CloseReason.UNAUTHENTICATED) {
      // Only a WebSocket carries the code 4401.
      chooseSubprotocol(request.headers());
      new Upgrade(vertx, request, limits.pending().timeout(), new Closing(reason)).accept();
    } else {
      Refusal.of(refusal).send(request);
    }
  }

  /** Closes a WebSocket as soon as it is open. */
  private record Closing(CloseReason reason) implements Upgrade.Listener {

    @Override
    public void opened(ServerWebSocket socket) {
      socket.close((short) reason.code(), reason.label());
    }

    @Override
    public void failed() {
      // The client has no session.
    }
  }
}

package io.linkspan.transport.websocket;

import io.linkspan.admission.Admission;
import io.linkspan.admission.DrainLatch;
import io.linkspan.admission.Identity;
import io.linkspan.admission.IdentityProvider;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.TransportMetrics;
import io.linkspan.session.Attachment;
import io.linkspan.session.Shard;
import io.linkspan.transport.http.HttpEndpoint;
import io.linkspan.transport.http.Origins;
import io.linkspan.transport.http.Refusal;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets WebSocket clients in, or tells them why not. Used only on its event loop. */
public final class WebSocketEndpoint implements HttpEndpoint {

  private static final long TOO_MANY_RETRY_MS = 5_000;
  private static final Logger LOG = LoggerFactory.getLogger(WebSocketEndpoint.class);

  private final Vertx vertx;
  private final WebSocketConfig config;
  private final LimitsConfig limits;
  private final Origins origins;
  private final Admission admission;
  private final IdentityProvider identities;
  private final TransportMetrics metrics;
  private final Shard shard;
  private final DrainLatch latch;

  public WebSocketEndpoint(
      Vertx vertx,
      WebSocketConfig config,
      LimitsConfig limits,
      Origins origins,
      Admission admission,
      IdentityProvider identities,
      TransportMetrics metrics,
      DrainLatch latch,
      Shard shard) {
    this.vertx = vertx;
    this.config = config;
    this.limits = limits;
    this.origins = origins;
    this.admission = admission;
    this.identities = identities;
    this.metrics = metrics;
    this.latch = latch;
    this.shard = shard;
  }

  @Override
  public boolean serves(String path) {
    return path.equals(config.path());
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (!request.headers().contains(HttpHeaders.UPGRADE, HttpHeaders.WEBSOCKET, true)) {
      Refusal.UPGRADE_REQUIRED.send(request);
      return;
    }
    if (latch.isDraining()) {
      Refusal.draining().send(request);
      return;
    }
    if (!origins.allow(request.getHeader(HttpHeaders.ORIGIN))) {
      refuse(request, Refusal.ORIGIN, CloseReason.FORBIDDEN);
      return;
    }
    Attachment attachment;
    try {
      boolean clientAcknowledges = clientAcknowledges(request.getParam("ack"));
      attachment = Attachment.of(clientAcknowledges, request.getParam("session"));
    } catch (IllegalArgumentException e) {
      refuse(request, new Refusal(400, "malformed", e.getMessage()), CloseReason.MALFORMED);
      return;
    }
    String address = request.remoteAddress().hostAddress();
    long wait = admission.enter(address);
    if (wait > 0) {
      refuse(request, Refusal.rateLimited("too many connections", wait), CloseReason.RATE_LIMITED);
      return;
    }
    admit(request, address, attachment);
  }

  private boolean clientAcknowledges(String parameter) {
    if (parameter == null) {
      return config.clientAcknowledges();
    }
    return switch (parameter) {
      case "client" -> true;
      case "transport" -> false;
      default -> throw new IllegalArgumentException("ack has to be client or transport");
    };
  }

  private void admit(HttpServerRequest request, String address, Attachment attachment) {
    Identity identity;
    try {
      identity = identities.identify(request.getParam("user"));
    } catch (MessageException refusal) {
      // Only a WebSocket can say 4401.
      turnAway(request, address, CloseReason.UNAUTHENTICATED);
      return;
    }
    long wait = identity.anonymous() ? 0 : admission.enterAs(identity.user());
    if (wait > 0) {
      admission.leave(address);
      refuse(
          request,
          Refusal.rateLimited("this user connects too often", wait),
          CloseReason.RATE_LIMITED);
      return;
    }
    begin(request, address, identity, attachment);
  }

  private void begin(
      HttpServerRequest request, String address, Identity identity, Attachment attachment) {
    var connection =
        new WebSocketConnection(
            vertx,
            request.remoteAddress().toString(),
            config,
            limits,
            metrics,
            () -> ended(address));
    latch.enter();
    request.pause();
    shard
        .open(connection, identity, attachment)
        .onComplete(
            session -> {
              connection.begin(session);
              upgrade(request, connection::upgraded, connection::notUpgraded);
            },
            failure -> {
              ended(address);
              if (MessageException.from(failure).code() == ErrorCode.RATE_LIMITED) {
                refuse(
                    request,
                    Refusal.rateLimited("this user has too many connections", TOO_MANY_RETRY_MS),
                    CloseReason.RATE_LIMITED);
              } else {
                refuse(request, Refusal.unavailable(), CloseReason.SERVER_ERROR);
              }
            });
  }

  private void ended(String address) {
    admission.leave(address);
    latch.leave();
  }

  private void upgrade(
      HttpServerRequest request, Consumer<ServerWebSocket> onUpgraded, Runnable onFailure) {
    request
        .toWebSocket()
        .onComplete(
            onUpgraded::accept,
            failure -> {
              LOG.debug("{} did not upgrade: {}", request.remoteAddress(), failure.getMessage());
              onFailure.run();
            });
  }

  private void turnAway(HttpServerRequest request, String address, CloseReason reason) {
    admission.leave(address);
    metrics.refused(reason);
    upgrade(request, socket -> socket.close((short) reason.code(), reason.label()), () -> {});
  }

  private void refuse(HttpServerRequest request, Refusal refusal, CloseReason reason) {
    metrics.refused(reason);
    refusal.send(request);
  }
}

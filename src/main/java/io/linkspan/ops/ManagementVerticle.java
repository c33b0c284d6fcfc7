package io.linkspan.ops;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.GatewayClient;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.config.ListenException;
import io.linkspan.listener.RequestLog;
import io.linkspan.listener.RequestValidator;
import io.linkspan.protocol.ProtocolException;
import io.linkspan.rebalance.RebalanceRequests;
import io.linkspan.revocation.RevocationRequests;
import io.linkspan.status.StatusService;
import io.linkspan.storm.StormService;
import io.linkspan.trace.TraceService;
import io.linkspan.translate.JsonTranslator;
import io.linkspan.translate.MessageLimits;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.healthchecks.HealthChecks;
import io.vertx.ext.healthchecks.Status;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vertx.ext.web.handler.HttpException;
import io.vertx.ext.web.healthchecks.HealthCheckHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Health, metrics and the HTTP API, on a port of their own. */
public final class ManagementVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(ManagementVerticle.class);
  private static final long CHECK_TIMEOUT_MS = 2_000;
  private static final Pattern TIMEOUT = Pattern.compile("(\\d{1,6})(ms|s)");
  private static final String SERVICE = "service:http";

  private final Supplier<ManagementConfig> config;
  private final Metrics metrics;
  private final Node node;
  private final Configuration configuration;
  private final TraceService traces;
  private final StatusService status;
  private final RevocationRequests revocations;
  private final RebalanceRequests rebalance;
  private final StormService storms;
  private final long maxBody;
  private final Consumer<ChannelPipeline> extensions;
  private HttpServer server;
  private GatewayClient clients;

  /**
   * @param config in force; hosts and key can change
   * @param traces opened and closed with the port
   * @param status opened and closed with the port
   * @param storms opened and closed with the port
   * @param maxBody bytes of a Message in an HTTP body
   * @param extensions prepares the pipeline of each connection
   */
  public ManagementVerticle(
      Supplier<ManagementConfig> config,
      Metrics metrics,
      Node node,
      Configuration configuration,
      TraceService traces,
      StatusService status,
      RevocationRequests revocations,
      RebalanceRequests rebalance,
      StormService storms,
      long maxBody,
      Consumer<ChannelPipeline> extensions) {
    this.config = config;
    this.metrics = metrics;
    this.node = node;
    this.configuration = configuration;
    this.traces = traces;
    this.status = status;
    this.revocations = revocations;
    this.rebalance = rebalance;
    this.storms = storms;
    this.maxBody = maxBody;
    this.extensions = extensions;
  }

  @Override
  public Future<?> start() {
    clients = GatewayClient.create(vertx);
    storms.open();
    // Another protocol in the pipeline would need a back-pressure of its own.
    server = vertx.createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false));
    server
        .connectionHandler(connection -> prepare((HttpServerConnection) connection))
        .requestHandler(router());
    return Future.all(traces.open(), status.open())
        .compose(v -> server.listen(config.get().port(), config.get().host()))
        .recover(
            failure ->
                Future.failedFuture(
                    new ListenException(
                        "management", config.get().host(), config.get().port(), failure)));
  }

  @Override
  public Future<?> stop() {
    return Future.join(storms.close(), traces.close(), status.close(), server.close());
  }

  /** The port in use, once started. */
  public int port() {
    return server.actualPort();
  }

  private void prepare(HttpServerConnection connection) {
    ChannelPipeline pipeline = connection.channelHandlerContext().pipeline();
    RequestValidator.addTo(pipeline);
    ConnectionDeadline.addTo(pipeline, vertx, config.get());
    extensions.accept(pipeline);
  }

  /** Returns a new router with every path. */
  Router router() {
    Router router = Router.router(vertx);
    var log = new RequestLog("management");
    router
        .route()
        .handler(
            request -> {
              log.watch(request.request(), request.request().remoteAddress());
              request.next();
            });
    router
        .route()
        .handler(new RequestPolicy(() -> config.get().hosts())::check)
        .failureHandler(this::fail);
    router.get("/health/live").handler(HealthCheckHandler.createWithHealthChecks(liveness()));
    router.get("/health/ready").handler(HealthCheckHandler.createWithHealthChecks(readiness()));
    router
        .get("/metrics")
        .handler(
            request ->
                request
                    .response()
                    .putHeader(HttpHeaders.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")
                    .end(metrics.scrape()));
    ApiDocument.addTo(router);
    new ConsoleFiles(() -> !config.get().apiKey().isEmpty()).addTo(router);
    router
        .route("/v1/*")
        .handler(new KeyCheck(() -> config.get().apiKey())::check)
        .failureHandler(this::fail);
    router.get("/v1/node").handler(request -> request.json(node.describe()));
    router
        .post("/v1/messages")
        .handler(BodyHandler.create(false).setBodyLimit(maxBody))
        .handler(this::send);
    new SessionApi(clients).addTo(router);
    new TraceApi(traces).addTo(router);
    new StatusApi(status).addTo(router);
    new ConfigurationApi(configuration).addTo(router);
    new RevocationApi(revocations, maxBody).addTo(router);
    new RebalanceApi(rebalance).addTo(router);
    new StormApi(storms, maxBody).addTo(router);
    refuseOthers(router);
    return router;
  }

  /** Answers requests that no route before matches: with another method, or for another path. */
  private static void refuseOthers(Router router) {
    Map<String, Set<String>> methods = new LinkedHashMap<>();
    for (Route route : router.getRoutes()) {
      if (route.methods() != null) {
        Set<String> ofPath = methods.computeIfAbsent(route.getPath(), path -> new TreeSet<>());
        route.methods().forEach(method -> ofPath.add(method.name()));
      }
    }
    methods.forEach(
        (path, allowed) ->
            router
                .route(path)
                .handler(
                    request -> {
                      String names = String.join(", ", allowed);
                      request.response().putHeader(HttpHeaders.ALLOW, names);
                      Refusal.send(request, 405, "method-not-allowed", "allowed here: " + names);
                    }));
    router.route().handler(request -> Refusal.send(request, 404, "not-found", "nothing is here"));
  }

  private HealthChecks liveness() {
    return HealthChecks.create(vertx)
        .register(
            "event-loops",
            CHECK_TIMEOUT_MS,
            check -> node.alive().map(v -> Status.OK()).onComplete(check));
  }

  private HealthChecks readiness() {
    return liveness()
        .register("accepting", check -> check.complete(node.ready() ? Status.OK() : Status.KO()))
        .register("memory", check -> check.complete(memory()));
  }

  private Status memory() {
    String pressure = node.pressure();
    return pressure == null ? Status.OK() : Status.KO(new JsonObject().put("reason", pressure));
  }

  private void send(RoutingContext request) {
    Message message;
    boolean acknowledged;
    Duration timeout;
    try {
      acknowledged = waitsForAcknowledgement(request.request().getParam("wait", "accepted"));
      timeout = timeout(request.request().getParam("timeout"));
      String body = request.body().asString();
      message = complete(JsonTranslator.decode(body == null ? "" : body, MessageLimits.NONE));
    } catch (ProtocolException e) {
      Refusal.send(request, new MessageException(ErrorCode.MALFORMED, e.getMessage()));
      return;
    }
    if (acknowledged) {
      clients
          .send(message, timeout)
          .onComplete(
              delivery -> {
                JsonObject answer =
                    new JsonObject()
                        .put("eventId", message.getEventId())
                        .put("acknowledged", true)
                        .put("by", delivery.by().label());
                if (delivery.reply() != null) {
                  answer.put("reply", new JsonObject(JsonTranslator.encode(delivery.reply())));
                }
                request.json(answer);
              },
              failure -> Refusal.send(request, failure));
    } else {
      clients
          .post(message)
          .onComplete(
              accepted -> {
                request.response().setStatusCode(202);
                request.json(new JsonObject().put("eventId", message.getEventId()));
              },
              failure -> Refusal.send(request, failure));
    }
  }

  private static boolean waitsForAcknowledgement(String wait) {
    return switch (wait) {
      case "accepted" -> false;
      case "acknowledged" -> true;
      default -> throw new ProtocolException("wait must be accepted or acknowledged, not " + wait);
    };
  }

  private static Duration timeout(String parameter) {
    if (parameter == null) {
      return GatewayClient.DEFAULT_TIMEOUT;
    }
    Matcher text = TIMEOUT.matcher(parameter);
    if (!text.matches() || Long.parseLong(text.group(1)) == 0) {
      throw new ProtocolException("timeout must be a duration such as 500ms or 10s");
    }
    long amount = Long.parseLong(text.group(1));
    return text.group(2).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
  }

  private static Message complete(Message message) {
    if (!message.getEventId().isEmpty() && !message.getFrom().isEmpty()) {
      return message;
    }
    Message.Builder complete = message.toBuilder();
    if (message.getEventId().isEmpty()) {
      complete.setEventId(UUID.randomUUID().toString());
    }
    if (message.getFrom().isEmpty()) {
      complete.setFrom(SERVICE);
    }
    return complete.build();
  }

  private void fail(RoutingContext request) {
    Throwable failure = request.failure();
    int status = failure instanceof HttpException e ? e.getStatusCode() : request.statusCode();
    if (failure instanceof HttpClosedException || failure instanceof IOException) {
      // The client left while it sent its request.
      return;
    }
    if (status == ErrorCode.TOO_LARGE.number()) {
      Refusal.send(
          request,
          new MessageException(ErrorCode.TOO_LARGE, "a body has at most " + maxBody + " bytes"));
    } else if (status == ErrorCode.MALFORMED.number()
        || failure == null
        || failure instanceof HttpException) {
      // Without an exception, Vert.x has refused the request.
      Refusal.send(request, new MessageException(ErrorCode.MALFORMED, "the request is malformed"));
    } else {
      LOG.error("{} {} failed", request.request().method(), request.normalizedPath(), failure);
      Refusal.send(request, new MessageException(ErrorCode.INTERNAL, "the gateway failed"));
    }
  }
}

package io.linkspan.storm;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.status.StatusListener;
import io.linkspan.status.Watchers;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs storms for operators of this node, one at a time, each on a thread of its own. Used on the
 * event loop that opens it.
 */
public final class StormService {

  private static final Logger LOG = LoggerFactory.getLogger(StormService.class);

  /** Between two looks at the watchers; milliseconds. */
  private static final long TICK = 2_000;

  private static final String FINISHED = "its time is over";

  private final Vertx vertx;
  private final Supplier<StormConfig> config;
  private final Supplier<String> target;
  private final BooleanSupplier ready;
  private final Supplier<String> metrics;
  private final Watchers<StatusListener> watchers = new Watchers<>();
  private DeadlineTimer timer;
  private Context context;
  private StormReport report;
  private StormRun run;
  private String stopReason;
  private Promise<Void> ended;

  /**
   * @param config in force
   * @param target URL of this gateway for plain WebSockets; null when only TLS reaches it
   * @param ready whether the node accepts clients; a storm ends when it does not
   * @param metrics of this node, in Prometheus' text format
   */
  public StormService(
      Vertx vertx,
      Supplier<StormConfig> config,
      Supplier<String> target,
      BooleanSupplier ready,
      Supplier<String> metrics) {
    this.vertx = vertx;
    this.config = config;
    this.target = target;
    this.ready = ready;
    this.metrics = metrics;
  }

  /** Binds the service to the calling event loop. */
  public void open() {
    context = vertx.getOrCreateContext();
    timer = new DeadlineTimer(vertx, this::tick);
  }

  /** Stops the storm that runs, and ends all watches. */
  public Future<Void> close() {
    timer.cancel();
    watchers.present().forEach(StatusListener::ended);
    return stop("the node stops") ? ended.future() : Future.succeededFuture();
  }

  /**
   * Returns whether storms are switched on, their bounds, the kinds, and the storm that runs or the
   * last one with all of its figures.
   */
  public JsonObject describe() {
    StormConfig bounds = config.get();
    JsonArray kinds = new JsonArray();
    for (StormKind kind : StormKind.values()) {
      kinds.add(new JsonObject().put("kind", kind.label()).put("about", kind.about()));
    }
    JsonObject reasons = new JsonObject();
    StormReasons.meanings().forEach(reasons::put);
    return new JsonObject()
        .put("enabled", bounds.enabled())
        .put("maxClients", bounds.maxClients())
        .put("maxSeconds", bounds.maxSeconds())
        .put("target", target.get())
        .put("kinds", kinds)
        .put("reasons", reasons)
        .put("storm", report == null ? null : report.all());
  }

  /**
   * Starts a storm.
   *
   * @param managementPort cannot be the target
   * @return the storm; null when one is running already
   * @throws MessageException {@code forbidden} when storms are switched off, {@code malformed} for
   *     an invalid request
   */
  public JsonObject start(JsonObject body, int managementPort) {
    checkEnabled();
    if (isRunning()) {
      return null;
    }
    StormRequest request = StormRequest.read(body, config.get(), target.get(), managementPort);
    report = new StormReport(request, Instant.now());
    run = new StormRun(request.plan(), request.quietSeconds());
    stopReason = null;
    ended = Promise.promise();
    LOG.info("storm begins: {}", report.facts().encode());
    StormRun task = run;
    var thread = new Thread(() -> run(task), "linkspan-storm");
    thread.setDaemon(true);
    thread.start();
    return report.latest();
  }

  /**
   * Stops the storm that runs.
   *
   * @return completes with the storm when its clients are closed; null when none is running
   */
  public Future<JsonObject> stop() {
    return stop("an operator stopped it") ? ended.future().map(v -> report.latest()) : null;
  }

  private boolean stop(String reason) {
    if (!isRunning()) {
      return false;
    }
    if (stopReason == null) {
      stopReason = reason;
    }
    run.stop();
    return true;
  }

  private boolean isRunning() {
    return report != null && report.isRunning();
  }

  private void checkEnabled() {
    if (!config.get().enabled()) {
      throw new MessageException(
          ErrorCode.FORBIDDEN,
          "storms are switched off at this node: management.storm.enabled is false");
    }
  }

  /**
   * Begins to send the storm each second while one runs, and once at the begin.
   *
   * @return ends the watch
   * @throws MessageException {@code forbidden} when storms are switched off, {@code rate-limited}
   *     when there are too many watchers
   */
  public Runnable watch(StatusListener listener) {
    checkEnabled();
    watchers.add(listener);
    timer.arm(DeadlineTimer.now() + TICK);
    if (report != null) {
      // The listener has not sent the head of its answer yet.
      context.runOnContext(v -> send(listener, report.latest().encode()));
    }
    return () -> watchers.remove(listener);
  }

  private void run(StormRun task) {
    String failure = null;
    try {
      task.run(
          (phase, second, figures, total) ->
              context.runOnContext(v -> take(phase, second, figures, total)));
    } catch (IOException | RuntimeException e) {
      LOG.warn("a storm failed", e);
      failure = "it failed: " + e.getMessage();
    }
    String reason = failure;
    context.runOnContext(v -> end(reason));
  }

  private void take(StormRun.Phase phase, int second, JsonObject figures, JsonObject total) {
    report.add(phase, second, figures, total, StormGauges.of(metrics.get()));
    if (!ready.getAsBoolean()) {
      stop("the node does not accept clients");
    }
    sendToAll();
  }

  private void end(String failure) {
    String reason = stopReason == null ? FINISHED : stopReason;
    report.end(failure == null ? reason : failure);
    LOG.info("storm ended: {}", report.latest().encode());
    sendToAll();
    ended.complete();
  }

  private void sendToAll() {
    if (!watchers.isEmpty()) {
      String json = report.latest().encode();
      watchers.present().forEach(watcher -> send(watcher, json));
    }
  }

  private static void send(StatusListener watcher, String json) {
    if (watcher.ready()) {
      watcher.receive(json);
    }
  }

  private void tick() {
    watchers.present().forEach(StatusListener::tick);
    if (!watchers.isEmpty()) {
      timer.arm(DeadlineTimer.now() + TICK);
    }
  }
}

package io.linkspan.rebalance;

import io.linkspan.directory.Nodes;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Coordinates the rebalance while its node is the oldest one. It asks all shards for their loads,
 * decides, and asks the shards with too many clients to tell some to reconnect; then it waits and
 * counts again. Shards do nothing by themselves: when this node is lost, the rebalance stops.
 */
public final class RebalanceVerticle extends VerticleBase {

  private static final Logger LOG = LoggerFactory.getLogger(RebalanceVerticle.class);
  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(2_000);

  /** The answers to one request to all shards. */
  private record Answers(List<NodeLoad> loads, List<String> silent) {}

  private final Supplier<RebalanceConfig> config;
  private final Nodes nodes;
  private final String self;
  private MessageConsumer<JsonObject> requests;
  private DeadlineTimer rounds;
  private DeadlineTimer settling;
  private long settledAt;
  private RebalanceRun run;
  private int lastNumber;

  /**
   * Creates the verticle of a node.
   *
   * @param config settings in force; a rebalance keeps those with which it began
   */
  public RebalanceVerticle(Supplier<RebalanceConfig> config, Nodes nodes) {
    this.config = config;
    this.nodes = nodes;
    self = nodes.self().id();
  }

  @Override
  public Future<?> start() {
    rounds = new DeadlineTimer(vertx, this::round);
    settling = new DeadlineTimer(vertx, this::settled);
    requests = vertx.eventBus().consumer(RebalanceRequests.addressOf(self), this::receive);
    nodes.watch(new Membership());
    return requests.completion();
  }

  @Override
  public Future<?> stop() {
    rounds.cancel();
    settling.cancel();
    return requests.unregister();
  }

  private void receive(Message<JsonObject> request) {
    boolean done =
        switch (request.body().getString(RebalanceRequests.ACTION)) {
          case RebalanceRequests.START -> begin("request");
          case RebalanceRequests.ABORT -> abort();
          default -> true;
        };
    describe().onSuccess(status -> request.reply(status.put(RebalanceRequests.DONE, done)));
  }

  private Future<JsonObject> describe() {
    JsonObject status = run == null ? new JsonObject().put("state", "idle") : run.describe();
    return ask(all(RoundRequest.load())).map(answers -> describe(status, answers));
  }

  private JsonObject describe(JsonObject status, Answers answers) {
    JsonArray list = new JsonArray();
    for (NodeLoad node : answers.loads()) {
      list.add(
          new JsonObject()
              .put("node", node.node())
              .put("connections", node.connections())
              .put("movable", node.movable())
              .put("pending", node.pending())
              .put("draining", node.draining()));
    }
    RebalancePlan plan =
        RebalancePlan.of(answers.loads(), config.get().band(), config.get().batch());
    return status
        .put("coordinator", self)
        .put("band", config.get().band())
        .put("mean", Math.round(plan.mean()))
        .put("balanced", plan.balanced())
        .put("nodes", list)
        .put("silent", new JsonArray(answers.silent()));
  }

  private boolean isRunning() {
    return run != null && !run.hasEnded();
  }

  private boolean begin(String cause) {
    if (isRunning()) {
      return false;
    }
    String id = self + '-' + ++lastNumber;
    run = new RebalanceRun(id, self, config.get(), cause, Instant.now());
    LOG.info("rebalance {} begins: {}", id, cause);
    round();
    return true;
  }

  private boolean abort() {
    if (!isRunning()) {
      return false;
    }
    run.abort(Instant.now());
    finish();
    return true;
  }

  private void round() {
    if (!isRunning()) {
      return;
    }
    RebalanceRun current = run;
    if (!coordinates()) {
      current.fail("another node is the oldest one now", Instant.now());
      finish();
      return;
    }
    boolean first = current.isNew();
    ask(all(new RoundRequest(current.id(), first, 0, 0).toJson()))
        .compose(
            answers -> {
              collect(current, answers);
              if (current.hasEnded()) {
                return Future.succeededFuture();
              }
              Map<String, List<Integer>> asks =
                  current.decide(
                      answers.loads(), answers.silent(), DeadlineTimer.now(), Instant.now());
              return ask(requests(current, asks)).onSuccess(asked -> collect(current, asked));
            })
        .onComplete(
            v -> {
              if (current != run) {
                return;
              }
              if (current.hasEnded()) {
                finish();
              } else {
                rounds.arm(DeadlineTimer.now() + current.config().pause().toMillis());
              }
            });
  }

  private static void collect(RebalanceRun current, Answers answers) {
    answers.loads().forEach(node -> node.shards().forEach(current::collect));
  }

  private void finish() {
    LOG.info("rebalance ended: {}", run.describe().encode());
    nodes.all().stream()
        .flatMap(node -> node.addresses().stream())
        .forEach(shard -> vertx.eventBus().send(shard, RoundRequest.end(run.id())));
    if (run.hasFailed()) {
      // Such as a node that has joined and does not answer yet.
      changed();
    }
  }

  private boolean coordinates() {
    return nodes.all().get(0).equals(nodes.self());
  }

  /** Returns the same request for every shard of every node. */
  private Map<Nodes.Node, List<JsonObject>> all(JsonObject request) {
    Map<Nodes.Node, List<JsonObject>> all = new LinkedHashMap<>();
    for (Nodes.Node node : nodes.all()) {
      all.put(node, node.addresses().stream().map(shard -> request).toList());
    }
    return all;
  }

  /** Returns the requests to shards that ask clients to reconnect. */
  private Map<Nodes.Node, List<JsonObject>> requests(
      RebalanceRun current, Map<String, List<Integer>> asks) {
    Map<Nodes.Node, List<JsonObject>> all = new LinkedHashMap<>();
    for (Nodes.Node node : nodes.all()) {
      List<Integer> shares = asks.get(node.id());
      if (shares != null) {
        all.put(
            node,
            shares.stream()
                .map(
                    share ->
                        new RoundRequest(
                                current.id(), false, share, current.config().jitter().toMillis())
                            .toJson())
                .toList());
      }
    }
    return all;
  }

  /** Sends each shard of these nodes its request. */
  private Future<Answers> ask(Map<Nodes.Node, List<JsonObject>> requests) {
    List<NodeLoad> loads = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    List<Future<?>> answers = new ArrayList<>();
    long sent = DeadlineTimer.now();
    requests.forEach(
        (node, ofShards) -> {
          List<Future<ShardLoad>> shards = new ArrayList<>();
          for (int i = 0; i < ofShards.size(); i++) {
            shards.add(
                vertx
                    .eventBus()
                    .<JsonObject>request(node.addresses().get(i), ofShards.get(i), TIMEOUT)
                    .map(answer -> ShardLoad.of(answer.body())));
          }
          answers.add(
              Future.all(shards)
                  .onSuccess(
                      all ->
                          loads.add(
                              new NodeLoad(node.id(), all.list(), DeadlineTimer.now() - sent)))
                  .onFailure(failure -> silent.add(node.id())));
        });
    return Future.join(answers)
        .map(v -> new Answers(loads, silent))
        .otherwise(new Answers(loads, silent));
  }

  /** The membership has changed: counts again when it has been the same for some time. */
  private void changed() {
    if (config.get().automatic()) {
      settledAt = DeadlineTimer.now() + config.get().settle().toMillis();
      settling.arm(settledAt);
    }
  }

  private void settled() {
    if (DeadlineTimer.now() < settledAt) {
      settling.arm(settledAt);
    } else if (isRunning()) {
      changed();
    } else if (coordinates()) {
      begin("membership");
    }
  }

  /** Passes changes of the cluster to the event loop. */
  private final class Membership implements Nodes.Listener {

    @Override
    public void joined(Nodes.Node node) {
      context.runOnContext(v -> changed());
    }

    @Override
    public void left(Nodes.Node node) {
      context.runOnContext(v -> changed());
    }

    @Override
    public void merged() {
      context.runOnContext(v -> changed());
    }
  }
}

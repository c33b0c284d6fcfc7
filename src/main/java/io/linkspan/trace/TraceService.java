package io.linkspan.trace;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.ShardAddress;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.wire.ConfirmAnswer;
import io.linkspan.wire.FindSteps;
import io.linkspan.wire.RecordedStep;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.linkspan.wire.TraceFrames;
import io.linkspan.wire.TraceWatch;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The watchers of this node: asks the shards of all nodes to trace for them, and renews that while
 * they look, so that a shard stops by itself when this node is lost. Used only on the event loop on
 * which it was opened.
 */
public final class TraceService {

  /** After so long without a renewal a shard ends a watch; milliseconds. */
  static final int LEASE = 10_000;

  /** Between two renewals, which also reach nodes that have joined since; milliseconds. */
  private static final long RENEWAL = 2_000;

  private static final DeliveryOptions TIMEOUT = new DeliveryOptions().setSendTimeout(2_000);
  private static final ShardReply RECEIVED =
      ShardReply.newBuilder().setConfirm(ConfirmAnswer.newBuilder().setStands(true)).build();

  /** One watcher. */
  public final class Watcher {

    private final TraceWatch request;
    private final TraceListener listener;

    private Watcher(TraceWatch request, TraceListener listener) {
      this.request = request;
      this.listener = listener;
    }

    /** Ends the watch on all nodes; does nothing when it has ended. */
    public void end() {
      if (watchers.remove(request.getId()) != null) {
        ShardCall call = ShardCall.newBuilder().setUnwatch(request.getId()).build();
        shards().forEach(shard -> bus.send(shard, call));
        armTimer();
      }
    }
  }

  /**
   * A watch that has begun.
   *
   * @param silent nodes that did not confirm it
   */
  public record Begun(Watcher watcher, List<String> nodes, List<String> silent) {}

  /**
   * The steps of a Message on all nodes.
   *
   * @param steps in order of time
   * @param senders how many senders chose the eventId
   * @param silent nodes that did not answer
   */
  public record Steps(List<RecordedStep> steps, int senders, List<String> silent) {}

  private final Vertx vertx;
  private final EventBus bus;
  private final Nodes nodes;
  private final SessionDirectory directory;
  private final Supplier<TraceConfig> config;
  private final String address;
  private final Map<String, Watcher> watchers = new HashMap<>();
  private Context context;
  private DeadlineTimer timer;
  private MessageConsumer<Object> consumer;
  private long lastNumber;

  /**
   * Creates the service of this node.
   *
   * @param config in force, which can change
   */
  public TraceService(
      Vertx vertx, Nodes nodes, SessionDirectory directory, Supplier<TraceConfig> config) {
    this.vertx = vertx;
    this.nodes = nodes;
    this.directory = directory;
    this.config = config;
    bus = vertx.eventBus();
    address = "linkspan.trace." + nodes.self().id();
  }

  /** Starts on the calling event loop; completes when the shards of other nodes can reach it. */
  public Future<Void> open() {
    context = vertx.getOrCreateContext();
    timer = new DeadlineTimer(vertx, this::renewAll);
    consumer = bus.consumer(address, this::receive);
    nodes.watch(new Membership());
    return consumer.completion();
  }

  /** Ends all watches. */
  public Future<Void> close() {
    timer.cancel();
    for (Watcher watcher : List.copyOf(watchers.values())) {
      watcher.end();
      watcher.listener.ended();
    }
    return consumer.unregister();
  }

  /** Returns the number of watchers. */
  public int watchers() {
    return watchers.size();
  }

  /**
   * Begins a watch.
   *
   * @return the watch once the shards of all nodes have it; fails with {@code no-such-recipient}
   *     for an unknown session and with {@code rate-limited} when this node has too many
   */
  public Future<Begun> watch(TraceFilter filter, TraceListener listener) {
    if (filter.session().isEmpty()) {
      return begin(filter, listener);
    }
    return directory
        .find(filter.session())
        .compose(
            found ->
                found == null
                    ? Future.failedFuture(
                        new MessageException(
                            ErrorCode.NO_SUCH_RECIPIENT, "the session is not connected"))
                    : begin(filter, listener));
  }

  private Future<Begun> begin(TraceFilter filter, TraceListener listener) {
    int most = config.get().watchers();
    if (watchers.size() >= most) {
      return Future.failedFuture(
          new MessageException(
              ErrorCode.RATE_LIMITED, "this node serves " + most + " live traces at a time"));
    }
    String id = nodes.self().id() + '-' + ++lastNumber;
    TraceWatch request =
        TraceWatch.newBuilder()
            .setId(id)
            .setWatcher(address)
            .setSession(filter.session())
            .setUser(filter.user())
            .setEventId(filter.eventId())
            .setLeaseMs(LEASE)
            .build();
    var watcher = new Watcher(request, listener);
    watchers.put(id, watcher);
    armTimer();
    Set<String> silent = new LinkedHashSet<>();
    List<String> asked = nodes.all().stream().map(Nodes.Node::id).toList();
    return ask(ShardCall.newBuilder().setWatch(request).build(), silent)
        .map(
            replies -> {
              replies.forEach(
                  (shard, reply) -> {
                    if (!reply.getConfirm().getStands()) {
                      silent.add(ShardAddress.nodeOf(shard));
                    }
                  });
              return new Begun(watcher, asked, List.copyOf(silent));
            });
  }

  /**
   * Finds the recorded steps of a Message on all nodes.
   *
   * @param from its sender; empty for any
   */
  public Future<Steps> find(String eventId, String from) {
    FindSteps question = FindSteps.newBuilder().setEventId(eventId).setFrom(from).build();
    Set<String> silent = new LinkedHashSet<>();
    return ask(ShardCall.newBuilder().setFindSteps(question).build(), silent)
        .map(
            replies -> {
              List<RecordedStep> steps = new ArrayList<>();
              replies.values().forEach(reply -> steps.addAll(reply.getSteps().getStepsList()));
              steps.sort(Comparator.comparingLong(RecordedStep::getTime));
              int senders =
                  (int) steps.stream().mapToInt(RecordedStep::getSender).distinct().count();
              return new Steps(steps, senders, List.copyOf(silent));
            });
  }

  /**
   * Asks all shards.
   *
   * @param silent receives the nodes of those that do not answer
   */
  private Future<Map<String, ShardReply>> ask(ShardCall call, Set<String> silent) {
    Map<String, ShardReply> replies = new HashMap<>();
    List<Future<Object>> answers = new ArrayList<>();
    for (String shard : shards()) {
      answers.add(
          bus.<ShardReply>request(shard, call, TIMEOUT)
              .transform(
                  reply -> {
                    if (reply.succeeded()) {
                      replies.put(shard, reply.result().body());
                    } else {
                      silent.add(ShardAddress.nodeOf(shard));
                    }
                    return Future.succeededFuture();
                  }));
    }
    return Future.all(answers).map(replies);
  }

  private List<String> shards() {
    return nodes.all().stream().flatMap(node -> node.addresses().stream()).toList();
  }

  private void receive(Message<Object> batch) {
    if (batch.body() instanceof ShardCall call && call.hasFrames()) {
      TraceFrames frames = call.getFrames();
      Watcher watcher = watchers.get(frames.getWatch());
      // A shard may not have received yet that a watch has ended.
      if (watcher != null) {
        watcher.listener.frames(frames.getFramesList(), frames.getLost());
      }
      batch.reply(RECEIVED);
    }
  }

  private void renewAll() {
    List<String> shards = shards();
    for (Watcher watcher : List.copyOf(watchers.values())) {
      ShardCall call = ShardCall.newBuilder().setWatch(watcher.request).build();
      shards.forEach(shard -> bus.send(shard, call));
      watcher.listener.tick();
    }
    armTimer();
  }

  private void armTimer() {
    if (watchers.isEmpty()) {
      timer.cancel();
    } else {
      timer.arm(DeadlineTimer.now() + RENEWAL);
    }
  }

  /** Passes changes of the cluster to the event loop of the service. */
  private final class Membership implements Nodes.Listener {

    @Override
    public void joined(Nodes.Node node) {
      tell("node-joined", node);
    }

    @Override
    public void left(Nodes.Node node) {
      tell("node-left", node);
    }

    @Override
    public void merged() {
      // The next renewal reaches all nodes.
    }

    private void tell(String kind, Nodes.Node node) {
      context.runOnContext(
          v -> {
            if (!watchers.isEmpty()) {
              renewAll();
              List.copyOf(watchers.values())
                  .forEach(watcher -> watcher.listener.nodeChanged(kind, node.id()));
            }
          });
    }
  }
}

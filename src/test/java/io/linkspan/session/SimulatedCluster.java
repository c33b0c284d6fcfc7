package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.Offences;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.delivery.InboundExchange;
import io.linkspan.delivery.RemoteCallback;
import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.directory.UserSessions;
import io.linkspan.history.GroupHistories;
import io.linkspan.history.HistoryConfig;
import io.linkspan.history.HistoryMetrics;
import io.linkspan.log.LogStore;
import io.linkspan.mailbox.MailboxConfig;
import io.linkspan.mailbox.MailboxMetrics;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.metrics.Latencies;
import io.linkspan.presence.PresenceConfig;
import io.linkspan.routing.Glob;
import io.linkspan.routing.Route;
import io.linkspan.routing.RoutingTable;
import io.linkspan.telemetry.Tracing;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.TestRevocations;
import io.linkspan.testing.VirtualTime;
import io.linkspan.testing.WatchingClient;
import io.linkspan.time.Scheduler;
import io.linkspan.trace.TraceConfig;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Real shards of several nodes, one shard each, in virtual time. The bus between them delays and
 * loses, nodes crash, freeze and are removed from the cluster, and the directory behaves as the one
 * on Hazelcast does: one owner per session, changed by compare-and-set, swept after a node is lost.
 */
final class SimulatedCluster {

  /** How long a node may be silent before the others remove it; milliseconds. */
  static final long GIVEN_UP_AFTER = 6_000;

  /** Attempts to send one Message to a client. */
  static final int MAX_ATTEMPTS = 30;

  /** Groups that one session may watch. */
  static final int MAX_WATCHES = 10;

  /** Users of a group that its watchers are sent. */
  static final int MAX_USERS = 50;

  private static final long SWEEP_DELAY = 2_000;
  private static final long MERGE_DELAY = 3_000;
  private static final Duration DRAIN_PAUSE = Duration.ofMillis(200);
  private static final Duration DRAIN_PATIENCE = Duration.ofSeconds(15);

  final VirtualTime time = new VirtualTime();
  final Random random;
  final double loss;
  final List<NodeProcess> nodes = new ArrayList<>();
  final List<JsonObject> events = new ArrayList<>();

  /** Messages that services have received, in their order. */
  final List<InboundExchange> served = new ArrayList<>();

  /** Whether a service accepts a Message at once; else the test ends it. */
  boolean accepting = true;

  /** Calls between nodes, answers not included. */
  final List<ShardCall> calls = new ArrayList<>();

  /** Calls that never arrive. */
  Predicate<ShardCall> lost = call -> false;

  /** Until then operations of the directory fail, as while partitions migrate. */
  long directoryFailsUntil;

  /** Until then changes of the directory take seconds, as where a backup is lost. */
  long directorySlowUntil;

  /** Notices of Messages that wait in mailboxes. */
  final List<JsonObject> notices = new ArrayList<>();

  private final LogStore logs;
  private final MailboxConfig.Per per;

  final TestRevocations revocations = new TestRevocations();
  private final Store main = new Store();

  SimulatedCluster(long seed, double loss, int count) {
    this(seed, loss, count, null);
  }

  /**
   * Starts nodes.
   *
   * @param store of their mailboxes; null for none
   */
  SimulatedCluster(long seed, double loss, int count, LogStore store) {
    this(seed, loss, count, store, MailboxConfig.Per.USER);
  }

  /** Starts nodes with mailboxes of users or of devices. */
  SimulatedCluster(long seed, double loss, int count, LogStore store, MailboxConfig.Per per) {
    this.per = per;
    random = new Random(seed);
    this.loss = loss;
    logs = store;
    for (int i = 0; i < count; i++) {
      nodes.add(new NodeProcess("n" + i));
    }
    nodes.forEach(node -> node.view.addAll(nodes));
    nodes.forEach(NodeProcess::start);
  }

  /** The entries of a directory. */
  private static final class Store {
    final Map<String, SessionRef> sessions = new LinkedHashMap<>();
    final Map<String, String> parked = new HashMap<>();

    /** Shards with members of a group, by the group's name. */
    final Map<String, Set<String>> groups = new HashMap<>();

    Set<String> shardsOf(String group) {
      return groups.computeIfAbsent(group, name -> new LinkedHashSet<>());
    }

    Store copy() {
      Store copy = new Store();
      groups.forEach((group, shards) -> copy.shardsOf(group).addAll(shards));
      copy.sessions.putAll(sessions);
      copy.parked.putAll(parked);
      return copy;
    }
  }

  /** A gateway's process. */
  final class NodeProcess {
    final String id;
    final Nodes.Node self;
    final List<NodeProcess> view = new ArrayList<>();
    final List<Nodes.Listener> listeners = new ArrayList<>();
    final Queue<Runnable> backlog = new ArrayDeque<>();
    final SessionMetrics metrics = new SessionMetrics(new SimpleMeterRegistry(), new Latencies());
    final Map<String, Long> lastArrival = new HashMap<>();
    Store store = main;
    boolean crashed;
    boolean frozen;
    boolean draining;
    final MemoryBudget memory = TestMemory.budget();
    final Directory directory = new Directory(this);
    Shard shard;

    NodeProcess(String id) {
      this.id = id;
      self = new Nodes.Node(id, 1);
    }

    void start() {
      var config =
          new SessionConfig(
              Duration.ofMinutes(2),
              1_000,
              1 << 20,
              100,
              1 << 18,
              100,
              0,
              SessionConfig.OnExcess.REPLACE,
              0,
              Duration.ZERO,
              20,
              1);
      var delivery =
          new DeliveryConfig(
              Duration.ofSeconds(30),
              Duration.ofSeconds(2),
              MAX_ATTEMPTS,
              1_000,
              Duration.ofMinutes(2),
              100);
      LimitsConfig limits = SimulatedShard.limits(0, 64, 1_000, 1 << 20);
      var services =
          new NodeServices(
              id,
              config,
              delivery,
              () -> limits,
              new RoutingTable(
                  List.of(
                      new Route(Glob.of("service:*"), null, new Route.Bus("service", false)),
                      new Route(Glob.of("*"), null, Route.Clients.PLAIN))),
              directory,
              new View(this),
              new DuplicateFilter(delivery, new SharedMemoryAccount(memory)),
              memory,
              metrics,
              new IdentityServices(
                  IdentityServices.CLAIMED.provider(),
                  IdentityServices.CLAIMED.notice(),
                  IdentityServices.CLAIMED.permissions(),
                  revocations,
                  Offences.NONE),
              TraceConfig.OFF,
              Tracing.OFF,
              mailboxes(),
              new PresenceConfig(MAX_WATCHES, MAX_USERS),
              histories());
      var loop = new LoopTime(this);
      var environment =
          new Shard.Environment(
              new Bus(this),
              loop,
              loop::defer,
              (service, exchange) -> serve(exchange),
              events::add,
              (session, reason) -> {});
      shard = new Shard(environment, 0, services);
    }

    private Mailboxes mailboxes() {
      return logs == null
          ? Mailboxes.OFF
          : new Mailboxes(
              new SimulatedLogStore(time, random, this::run, logs),
              new MailboxConfig(Duration.ofHours(1), 2_000, 1 << 20, per, 3, ""),
              new MailboxMetrics(new SimpleMeterRegistry()),
              events::add,
              notices::add);
    }

    private GroupHistories histories() {
      return logs == null
          ? GroupHistories.OFF
          : new GroupHistories(
              new SimulatedLogStore(time, random, this::run, logs),
              new HistoryConfig(Duration.ofHours(1), 10_000, 1 << 20),
              new HistoryConfig(Duration.ofHours(1), 10_000, 1 << 20),
              new HistoryMetrics(new SimpleMeterRegistry()));
    }

    private void serve(InboundExchange exchange) {
      served.add(exchange);
      if (accepting) {
        exchange.accepted();
      } else {
        exchange.givenToService();
      }
    }

    boolean isUp() {
      return !crashed && !frozen;
    }

    String address() {
      return shard.address();
    }

    /** Runs an action on the node's event loop: later if it is frozen, never if it has crashed. */
    void run(Runnable action) {
      if (crashed) {
        return;
      }
      if (frozen) {
        backlog.add(action);
      } else {
        action.run();
      }
    }

    void leaves(NodeProcess other) {
      if (view.remove(other)) {
        listeners.forEach(listener -> listener.left(other.self));
      }
    }

    void joins(NodeProcess other) {
      if (!view.contains(other)) {
        view.add(other);
        listeners.forEach(listener -> listener.joined(other.self));
      }
    }
  }

  // ----------------------------------------------------------------------------- faults

  /** The process is killed. */
  void crash(NodeProcess node) {
    node.crashed = true;
    removeSoon(node);
  }

  /**
   * The process is asked to end: no client connects to it, and it leaves when it has no session.
   *
   * @param batch clients that it disconnects at once
   * @return completes then
   */
  Future<Void> drain(NodeProcess node, int batch) {
    node.draining = true;
    Promise<Void> left = Promise.promise();
    node.run(
        () ->
            node.shard
                .drain(batch, DRAIN_PAUSE, DRAIN_PATIENCE)
                .onSuccess(
                    v -> {
                      crash(node);
                      left.complete();
                    }));
    return left.future();
  }

  /** The process stands still for a time; the others remove it if that is too long. */
  void freeze(NodeProcess node, long duration) {
    node.frozen = true;
    boolean[] removed = {false};
    time.schedule(
        GIVEN_UP_AFTER,
        () -> {
          if (node.frozen) {
            removed[0] = true;
            removeSoon(node);
          }
        });
    time.schedule(duration, () -> wake(node, removed[0]));
  }

  private void wake(NodeProcess node, boolean removed) {
    node.frozen = false;
    if (removed) {
      // It still has its own view and directory, until it is told, and of that no more than its own
      // partitions.
      node.store = main.copy();
      node.store.sessions.keySet().removeIf(session -> random.nextInt(3) == 0);
      isolate(node, 200);
    }
    for (Runnable next; (next = node.backlog.poll()) != null && node.isUp(); ) {
      next.run();
    }
  }

  /** The node loses the others one by one, the first ones perhaps before it asks any of them. */
  private void isolate(NodeProcess node, int within) {
    for (NodeProcess other : List.copyOf(node.view)) {
      if (other != node) {
        long delay = random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(within);
        time.schedule(delay, () -> node.run(() -> node.leaves(other)));
      }
    }
    time.schedule(within + MERGE_DELAY, () -> merge(node));
  }

  private void isolate(NodeProcess node) {
    for (NodeProcess other : List.copyOf(node.view)) {
      if (other != node) {
        node.run(() -> node.leaves(other));
      }
    }
    time.schedule(MERGE_DELAY, () -> merge(node));
  }

  private void merge(NodeProcess node) {
    node.store = main;
    for (NodeProcess other : nodes) {
      if (other != node && !other.crashed) {
        other.run(() -> other.joins(node));
        node.run(() -> node.joins(other));
      }
    }
    node.run(node.directory::forgetAll);
    node.run(() -> node.listeners.forEach(Nodes.Listener::merged));
    time.schedule(SWEEP_DELAY, this::sweep);
  }

  /** A node that works is removed by the others, and finds them again. */
  void partition(NodeProcess node) {
    node.store = main.copy();
    removeSoon(node);
    time.schedule(1 + random.nextInt(100), () -> isolate(node));
  }

  /** The machine of all nodes stands still. */
  void pauseAll(long duration) {
    List<NodeProcess> running = nodes.stream().filter(NodeProcess::isUp).toList();
    running.forEach(node -> node.frozen = true);
    time.schedule(
        duration,
        () -> {
          running.forEach(node -> node.frozen = false);
          running.forEach(node -> wake(node, false));
        });
  }

  private void removeSoon(NodeProcess gone) {
    for (NodeProcess other : nodes) {
      if (other != gone) {
        time.schedule(1 + random.nextInt(50), () -> other.run(() -> other.leaves(gone)));
      }
    }
    time.schedule(SWEEP_DELAY, this::sweep);
  }

  /** Removes the entries of lost nodes, as the oldest node does. */
  private void sweep() {
    if (time.now() < directoryFailsUntil) {
      // The sweep runs partition by partition and waits for each.
      time.schedule(100, this::sweep);
      return;
    }
    Set<String> members = new LinkedHashSet<>();
    for (NodeProcess node : nodes) {
      if (!node.crashed && node.store == main && isMember(node)) {
        members.add(node.id);
      }
    }
    if (isAnyAdopting(members)) {
      time.schedule(100, this::sweep);
      return;
    }
    main.sessions.values().removeIf(ref -> !members.contains(ref.node()));
    main.groups
        .values()
        .forEach(shards -> shards.removeIf(shard -> !members.contains(ShardAddress.nodeOf(shard))));
    for (NodeProcess node : nodes) {
      if (members.contains(node.id)) {
        time.schedule(1 + random.nextInt(5), () -> node.run(node.directory::forgetAll));
      }
    }
  }

  /** Returns whether a member has sessions of another node still to adopt. */
  private boolean isAnyAdopting(Set<String> members) {
    return nodes.stream()
        .filter(node -> members.contains(node.id) && node.isUp())
        .anyMatch(
            node ->
                nodes.stream()
                    .filter(gone -> !members.contains(gone.id))
                    .map(gone -> ShardCall.newBuilder().setAdopted(gone.id).build())
                    .map(question -> node.shard.answer(question).result())
                    .anyMatch(answer -> !answer.getConfirm().getStands()));
  }

  /** Returns whether a node is in the view of any other that runs. */
  private boolean isMember(NodeProcess node) {
    return nodes.stream()
        .anyMatch(other -> other != node && other.isUp() && other.view.contains(node));
  }

  // -------------------------------------------------------------------- the world of a shard

  private final class LoopTime implements Scheduler {
    private final NodeProcess node;

    LoopTime(NodeProcess node) {
      this.node = node;
    }

    @Override
    public long now() {
      return time.now();
    }

    @Override
    public long schedule(long delay, Runnable action) {
      return time.schedule(delay, () -> node.run(action));
    }

    @Override
    public void cancel(long timer) {
      time.cancel(timer);
    }

    @Override
    public void defer(Runnable action) {
      time.schedule(0, () -> node.run(action));
    }
  }

  private static final class View implements Nodes {
    private final NodeProcess node;

    View(NodeProcess node) {
      this.node = node;
    }

    @Override
    public Nodes.Node self() {
      return node.self;
    }

    @Override
    public List<Nodes.Node> all() {
      return node.view.stream().map(other -> other.self).toList();
    }

    @Override
    public long givenUpAfter() {
      return GIVEN_UP_AFTER;
    }

    @Override
    public void watch(Listener listener) {
      node.listeners.add(listener);
    }
  }

  /**
   * The directory as one node sees it. As in a real cluster the node remembers the sessions of
   * users that it looked up, and the others announce their changes, except those of a user's only
   * session.
   */
  private final class Directory implements SessionDirectory {
    private final NodeProcess node;
    private final Map<String, List<SessionRef>> remembered = new HashMap<>();

    /** The last look-up of each user that no change has passed. */
    private final Map<String, Object> reading = new HashMap<>();

    private Future<Void> groupsChanged = Future.succeededFuture();

    Directory(NodeProcess node) {
      this.node = node;
    }

    void forgetAll() {
      remembered.clear();
      reading.clear();
    }

    private void forget(String user) {
      remembered.remove(user);
      reading.remove(user);
    }

    /** Ends a change of a user's sessions. */
    private void changed(String user, boolean announced) {
      forget(user);
      if (announced) {
        for (NodeProcess other : node.view) {
          if (other != node) {
            transmit(node, other, () -> other.directory.forget(user));
          }
        }
      }
    }

    private List<SessionRef> entered(String user) {
      return node.store.sessions.values().stream().filter(ref -> ref.user().equals(user)).toList();
    }

    /** An operation takes its time, and fails while the directory is being repaired. */
    private <T> Future<T> operate(Supplier<T> operation) {
      Promise<T> done = Promise.promise();
      time.schedule(
          1 + random.nextInt(5),
          () -> {
            if (node.store == main && time.now() < directoryFailsUntil) {
              time.schedule(
                  200, () -> node.run(() -> done.tryFail("a partition has no owner yet")));
              return;
            }
            T result = operation.get();
            time.schedule(1 + random.nextInt(5), () -> node.run(() -> done.tryComplete(result)));
          });
      return done.future();
    }

    @Override
    public Future<UserSessions> add(SessionRef session) {
      return operate(
              () -> {
                node.store.sessions.put(session.session(), session);
                return new UserSessions(
                    entered(session.user()), node.store.parked.get(session.user()));
              })
          .onSuccess(known -> changed(session.user(), known.sessions().size() > 1));
    }

    @Override
    public Future<Boolean> move(SessionRef from, SessionRef to) {
      return later(
          () ->
              operate(() -> node.store.sessions.replace(from.session(), from, to))
                  .onSuccess(moved -> changed(to.user(), moved)));
    }

    private <T> Future<T> later(Supplier<Future<T>> operation) {
      Promise<T> done = Promise.promise();
      long delay = time.now() < directorySlowUntil ? random.nextInt(3_000) : 0;
      time.schedule(delay, () -> node.run(() -> operation.get().onComplete(done)));
      return done.future();
    }

    @Override
    public Future<Void> remove(SessionRef session) {
      return remove(session, 0);
    }

    @Override
    public Future<List<SessionRef>> sessionsOf(String user) {
      return remembered.containsKey(user)
          ? Future.succeededFuture(remembered.get(user))
          : askAgain(user);
    }

    @Override
    public Future<List<SessionRef>> askAgain(String user) {
      var look = new Object();
      remembered.remove(user);
      reading.put(user, look);
      return operate(() -> entered(user))
          .onSuccess(
              sessions -> {
                if (reading.remove(user, look) && !sessions.isEmpty()) {
                  remembered.put(user, sessions);
                }
              });
    }

    @Override
    public Future<Void> park(String user, String shard, long keep) {
      return operate(
          () -> {
            node.store.parked.put(user, shard);
            return null;
          });
    }

    @Override
    public Future<Void> remove(SessionRef session, long keep) {
      return operate(
              () -> {
                node.store.sessions.remove(session.session(), session);
                if (keep > 0) {
                  node.store.parked.put(session.user(), session.shard());
                }
                return !entered(session.user()).isEmpty();
              })
          .onSuccess(others -> changed(session.user(), others))
          .mapEmpty();
    }

    @Override
    public Future<SessionRef> find(String session) {
      return operate(() -> node.store.sessions.get(session));
    }

    @Override
    public Future<List<SessionRef>> reclaim(Map<SessionRef, Set<String>> owned) {
      return operate(
              () -> {
                List<SessionRef> lost = new ArrayList<>();
                for (SessionRef ref : owned.keySet()) {
                  SessionRef entered = node.store.sessions.putIfAbsent(ref.session(), ref);
                  if (entered != null && !entered.equals(ref)) {
                    lost.add(ref);
                  }
                }
                owned.forEach(
                    (ref, its) ->
                        its.forEach(group -> node.store.shardsOf(group).add(ref.shard())));
                return lost;
              })
          .onSuccess(lost -> owned.keySet().forEach(ref -> changed(ref.user(), true)));
    }

    @Override
    public Future<Void> joined(SessionRef session, String group) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> left(SessionRef session, String group) {
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> addGroup(String group, String shard) {
      return changeGroup(() -> node.store.shardsOf(group).add(shard));
    }

    @Override
    public Future<Void> removeGroup(String group, String shard) {
      return changeGroup(() -> node.store.shardsOf(group).remove(shard));
    }

    /** A node makes its changes of groups one after the other. */
    private Future<Void> changeGroup(Supplier<Boolean> change) {
      groupsChanged =
          groupsChanged.compose(
              before -> this.<Boolean>later(() -> operateWhenRepaired(change)).mapEmpty());
      return groupsChanged;
    }

    /** Operations on groups wait for the owner of their partition. */
    private <T> Future<T> operateWhenRepaired(Supplier<T> operation) {
      Promise<T> done = Promise.promise();
      long delay = node.store == main ? Math.max(0, directoryFailsUntil - time.now()) : 0;
      time.schedule(delay, () -> node.run(() -> operate(operation).onComplete(done)));
      return done.future();
    }

    @Override
    public Future<Collection<String>> addressesOf(String group) {
      return operateWhenRepaired(() -> List.copyOf(node.store.shardsOf(group)));
    }

    @Override
    public Collection<String> shardsHere(String group) {
      return List.of();
    }
  }

  private final class Bus implements ShardBus {
    private final NodeProcess from;

    Bus(NodeProcess from) {
      this.from = from;
    }

    @Override
    public Future<ShardReply> call(String address, ShardCall call, long timeout) {
      calls.add(call);
      Promise<ShardReply> reply = Promise.promise();
      NodeProcess to = find(address);
      if (to == null || !from.view.contains(to)) {
        time.schedule(
            1, () -> from.run(() -> reply.tryFail(new ReplyException(ReplyFailure.NO_HANDLERS))));
        return reply.future();
      }
      time.schedule(
          timeout, () -> from.run(() -> reply.tryFail(new ReplyException(ReplyFailure.TIMEOUT))));
      if (random.nextDouble() < loss || lost.test(call)) {
        return reply.future();
      }
      transmit(
          from,
          to,
          () -> {
            Future<ShardReply> answer = to.shard.answer(call);
            if (answer != null) {
              answer.onComplete(
                  given -> {
                    if (random.nextDouble() >= loss) {
                      transmit(
                          to, from, () -> answer.onComplete(reply::tryComplete, reply::tryFail));
                    }
                  });
            }
          });
      return reply.future();
    }

    @Override
    public void send(String address, ShardCall call) {
      calls.add(call);
      NodeProcess to = find(address);
      // The bus may still have a connection to a node that has left.
      if (to != null && (from.view.contains(to) || random.nextBoolean())) {
        transmit(from, to, () -> to.shard.answer(call));
      }
    }

    @Override
    public Future<Void> write(
        String address, Message message, DeliveryScope scope, String origin, long ticket) {
      NodeProcess to = find(address);
      if (to == null || !from.view.contains(to)) {
        return Future.failedFuture("no connection");
      }
      transmit(
          from,
          to,
          () ->
              to.shard.deliver(
                  message,
                  scope,
                  origin == null
                      ? new Unheard()
                      : new RemoteCallback(new Bus(to), origin, ticket)));
      return Future.succeededFuture();
    }

    private NodeProcess find(String address) {
      String id = ShardAddress.nodeOf(address);
      return nodes.stream().filter(node -> node.id.equals(id)).findAny().orElse(null);
    }
  }

  private static final class Unheard implements DeliveryCallback {
    @Override
    public void delivered(io.linkspan.api.GatewayClient.By by, Message reply) {}

    @Override
    public void failed(io.linkspan.api.MessageException failure) {}
  }

  /** One connection between two nodes keeps its order. */
  private void transmit(NodeProcess from, NodeProcess to, Runnable action) {
    long arrival =
        Math.max(to.lastArrival.getOrDefault(from.id, 0L), time.now() + 1 + random.nextInt(10));
    to.lastArrival.put(from.id, arrival);
    time.schedule(
        arrival - time.now(),
        () -> {
          if (!from.crashed || random.nextBoolean()) {
            to.run(action);
          }
        });
  }

  // ------------------------------------------------------------------------------ clients

  /** A client that resumes its session wherever it can, and acknowledges what it receives. */
  final class Client {
    final String user;
    final Set<String> received = new LinkedHashSet<>();
    final List<String> inOrder = new ArrayList<>();
    int resumed;
    int notRecovered;

    /** Key of its device; empty for none. */
    String device = "";

    /** Groups that a new session joins. */
    List<String> groups = List.of();

    /** EventId of a Message that ends the link; how often it was received. */
    String poison = "";

    int poisoned;

    /** Users of the groups that it watches. */
    final WatchingClient watching = new WatchingClient();

    /** Is passed every Message that arrives, also again. */
    Consumer<Message> watcher = message -> {};

    /** Milliseconds that it stays away at least when it has lost its link. */
    int absence;

    private String token = "";
    private NodeProcess node;
    private Link link;
    private Session session;
    private boolean stopped;

    Client(String user) {
      this.user = user;
    }

    private Identity identity() {
      return new Identity(user, false, null, 0, Identity.NEVER, "", null, groups);
    }

    void connect() {
      if (stopped || link != null) {
        return;
      }
      List<NodeProcess> up = nodes.stream().filter(one -> one.isUp() && !one.draining).toList();
      if (up.isEmpty()) {
        time.schedule(100, this::connect);
        return;
      }
      node = up.get(random.nextInt(up.size()));
      Link mine = new Link(this, node);
      link = mine;
      boolean returning = !token.isEmpty();
      node.shard
          .open(mine, identity(), Attachment.of(true, token).withDevice(device))
          .onComplete(
              opened -> {
                if (mine.closed) {
                  opened.linkClosed(CloseReason.CONNECTION_LOST);
                  return;
                }
                session = opened;
                if (returning) {
                  resumed++;
                  if (!opened.recovered()) {
                    notRecovered++;
                  }
                }
              },
              failure -> drop(mine, 300));
      // A client that is not answered tries elsewhere.
      time.schedule(
          7_000,
          () -> {
            if (link == mine && session == null) {
              mine.closed = true;
              drop(mine, 100);
            }
          });
    }

    /** Sends a Message, which the client does not send again; does nothing without a link. */
    void send(Message message, List<String> outcomes) {
      Session open = session;
      Link from = link;
      if (open == null) {
        return;
      }
      from.node.run(
          () ->
              open.receive(
                  message,
                  new Receipt() {
                    @Override
                    public void accepted(String eventId) {
                      outcomes.add("accepted");
                    }

                    @Override
                    public void refused(String eventId, MessageException why) {
                      outcomes.add(why.code().code());
                    }
                  }));
    }

    /** The client's link is cut, or it notices that its node does not answer. */
    void loseLink() {
      Link lost = link;
      if (lost == null) {
        return;
      }
      lost.closed = true;
      Session open = session;
      if (open != null) {
        lost.node.run(() -> open.linkClosed(CloseReason.CONNECTION_LOST));
      }
      drop(lost, absence + 20 + random.nextInt(100));
    }

    void stop() {
      stopped = true;
    }

    /** Disconnects in order; the session ends, or waits for its client if it is being opened. */
    void leave() {
      stop();
      Link left = link;
      Session ended = session;
      if (left == null) {
        return;
      }
      left.closed = true;
      if (ended != null) {
        left.node.run(() -> ended.linkClosed(CloseReason.NORMAL));
        link = null;
        session = null;
      }
    }

    /** Sends a Message; the client must be connected. */
    void send(Message message, Receipt receipt) {
      Session open = session;
      node.run(() -> open.receive(message, receipt));
    }

    boolean isConnected() {
      return link != null && session != null;
    }

    /** Returns the node that it was connected to last. */
    NodeProcess lastNode() {
      return node;
    }

    NodeProcess node() {
      return link == null ? null : node;
    }

    private void drop(Link which, long pause) {
      if (link == which) {
        link = null;
        session = null;
        time.schedule(pause, this::connect);
      }
    }

    private void receive(Link from, Message message) {
      if (link != from || from.closed) {
        return;
      }
      if (message.getType().equals(ReservedTypes.SESSION)) {
        token = new JsonObject(message.getBody()).getString("session");
        return;
      }
      if (message.getEventId().equals(poison)) {
        poisoned++;
        loseLink();
        return;
      }
      watcher.accept(message);
      if (received.add(message.getEventId())) {
        inOrder.add(message.getEventId());
        if (message.getType().equals(ReservedTypes.PRESENCE)) {
          watching.receive(message);
        }
      }
      Session open = session;
      time.schedule(
          1 + random.nextInt(20),
          () ->
              from.node.run(
                  () -> {
                    if (!from.closed && open != null) {
                      open.acknowledged(message.getEventId(), null);
                    } else if (!from.closed && session != null && link == from) {
                      session.acknowledged(message.getEventId(), null);
                    }
                  }));
    }
  }

  private final class Link implements Connection {
    final Client client;
    final NodeProcess node;
    boolean closed;
    private long lastDelivery;

    Link(Client client, NodeProcess node) {
      this.client = client;
      this.node = node;
    }

    @Override
    public String transport() {
      return "simulated";
    }

    @Override
    public String remote() {
      return client.user + ":1";
    }

    @Override
    public long lastReceived() {
      return time.now();
    }

    @Override
    public boolean deliver(io.linkspan.connection.Outgoing outgoing) {
      if (closed) {
        return false;
      }
      lastDelivery = Math.max(lastDelivery, time.now() + 1 + random.nextInt(3));
      time.schedule(lastDelivery - time.now(), () -> client.receive(this, outgoing.message()));
      return true;
    }

    @Override
    public void close(CloseReason reason, long retryAfterMs) {
      if (closed) {
        return;
      }
      closed = true;
      Session open = client.link == this ? client.session : null;
      time.schedule(
          1,
          () -> {
            if (open != null) {
              node.run(() -> open.linkClosed(reason));
            }
            client.drop(this, 50 + random.nextInt(200));
          });
    }
  }
}

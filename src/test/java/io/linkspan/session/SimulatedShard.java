package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.admission.LimitsConfig;
import io.linkspan.admission.Offences;
import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.connection.CloseReason;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.delivery.Dispatcher;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.delivery.InboundExchange;
import io.linkspan.delivery.Keeping;
import io.linkspan.delivery.MessageDefaults;
import io.linkspan.delivery.RecipientRouter;
import io.linkspan.delivery.RemoteCallback;
import io.linkspan.delivery.Sender;
import io.linkspan.delivery.ShardSender;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryBudget;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.metrics.Latencies;
import io.linkspan.permission.PermissionRules;
import io.linkspan.permission.Permissions;
import io.linkspan.routing.Glob;
import io.linkspan.routing.Route;
import io.linkspan.routing.RoutingTable;
import io.linkspan.session.outbox.AckTimeouts;
import io.linkspan.session.outbox.Outbox;
import io.linkspan.session.outbox.OutboxParts;
import io.linkspan.session.replica.SessionReplica;
import io.linkspan.telemetry.Tracing;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedDirectory;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.trace.Timeline;
import io.linkspan.translate.MessageLimits;
import io.linkspan.wire.ShardCall;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Simulates the shard of sessions in virtual time. Services hold what they are given until the test
 * answers; clients of this shard receive everything.
 */
final class SimulatedShard {

  static final String SHARD = ShardAddress.of("a", 0);
  static final int MAX_NAMES = 5;
  static final String OTHER = ShardAddress.of("b", 0);

  final VirtualTime time = new VirtualTime();
  final SimulatedDirectory directory = new SimulatedDirectory(time);
  final SimulatedBus bus = new SimulatedBus(time, 1);
  final Latencies latencies = new Latencies();
  final SessionMetrics metrics = new SessionMetrics(new SimpleMeterRegistry(), latencies);
  final List<JsonObject> published = new ArrayList<>();
  final SessionEvents events = new SessionEvents(published::add, "a");

  /** Messages that services have and have not answered. */
  final List<InboundExchange> withServices = new ArrayList<>();

  /** Messages that clients of this shard received. */
  final List<Message> delivered = new ArrayList<>();

  /** Calls that the other shard received. */
  final List<ShardCall> calls = new ArrayList<>();

  final MemoryBudget budget;
  final MemoryAccount memory;
  private final SharedMemoryAccount shared;
  final Inbox.Shared inbox;
  boolean certain = true;

  SimulatedShard(LimitsConfig limits, Consumer<InboundExchange> groups) {
    this(limits, groups, TestMemory.budget());
  }

  SimulatedShard(LimitsConfig limits, Consumer<InboundExchange> groups, MemoryBudget budget) {
    this.budget = budget;
    memory = budget.newAccount();
    shared = new SharedMemoryAccount(budget);
    bus.answer(
        OTHER,
        call -> {
          calls.add(call);
          return null;
        });
    var sender =
        new ShardSender(
            bus.from(SHARD), time, new SimulatedNodes(6_000, "a", "b"), SHARD, memory, 60_000);
    var router =
        new RecipientRouter(
            time,
            directory,
            SHARD,
            (recipient, message, scope, callback) -> {
              delivered.add(message);
              callback.delivered(By.CLIENT, null);
            },
            sender,
            memory,
            () -> true,
            () -> true,
            Keeping.NONE);
    var routes =
        new RoutingTable(
            List.of(
                new Route(Glob.of("service:*"), null, new Route.Bus("service", false)),
                new Route(Glob.of("user:*"), null, Route.Clients.PLAIN)));
    var dispatcher =
        new Dispatcher(
            routes,
            (service, exchange) -> {
              exchange.givenToService();
              withServices.add(exchange);
            },
            router,
            new GroupRequests() {
              @Override
              public boolean isMember(String session, String group) {
                return false;
              }

              @Override
              public void change(InboundExchange exchange) {
                groups.accept(exchange);
              }
            });
    var delivery =
        new DeliveryConfig(
            Duration.ofSeconds(30), Duration.ofSeconds(2), 30, 1_000, Duration.ofMinutes(2), 100);
    var duplicates = new DuplicateFilter(delivery, shared);
    inbox =
        new Inbox.Shared(
            () -> limits,
            true,
            dispatcher,
            router,
            new MessageDefaults("a-0-"),
            new DuplicateSync(
                bus.from(SHARD),
                time,
                duplicates,
                directory,
                new SimulatedNodes(6_000, "a", "b"),
                SHARD,
                30_000),
            metrics,
            metrics.handOver(),
            time,
            memory,
            () -> certain,
            Timeline.OFF,
            Tracing.OFF,
            Runnable::run);
  }

  /** Returns limits of what one client may have in flight and waiting. */
  static LimitsConfig limits(int messageRate, int inFlight, int waiting, long waitingBytes) {
    return new LimitsConfig(
        0,
        0,
        0,
        0,
        messageRate,
        0,
        inFlight,
        waiting,
        waitingBytes,
        1 << 20,
        Duration.ofSeconds(90),
        LimitsConfig.Pending.unlimited(Duration.ofSeconds(20)),
        16,
        0,
        MAX_NAMES,
        new MessageLimits(1_000, 1_000),
        Duration.ofSeconds(2));
  }

  static Sender sender(String session, String user) {
    var sender = new Sender(session, user, "a", null, null, Duration.ofSeconds(30));
    sender.permit(new Permissions(() -> PermissionRules.OPEN, new Identity(user, false)), () -> {});
    return sender;
  }

  /** Returns a new session that ends with its link. */
  Session session(String id, String user) {
    var parts =
        new SessionParts(
            time,
            new OutboxParts(
                new OutboxParts.Limits(100, 1 << 20, 3, 100, 1 << 20),
                new AckTimeouts(time, 2_000),
                metrics.outbox(),
                memory,
                Timeline.OFF),
            inbox,
            () -> PermissionRules.OPEN,
            Offences.NONE,
            "a");
    var link = new NoLink();
    var contents =
        new SessionContents(
            parts,
            new SessionRef(id, user, SHARD),
            false,
            null,
            new DuplicateWindow(100, 1_000, shared),
            SessionReplica.none(),
            link,
            Outbox.Mode.ACKNOWLEDGEMENTS);
    return new Session(new NoOwner(), parts, contents, link, false, sender(id, user));
  }

  /** An owner of sessions that neither end nor move. */
  private static final class NoOwner implements SessionOwner<Session> {
    @Override
    public boolean renews() {
      return false;
    }

    @Override
    public void renew(Session session, Message auth, Receipt receipt) {
      throw new AssertionError();
    }

    @Override
    public void entered() {}

    @Override
    public void detached(Session session, CloseReason reason) {}

    @Override
    public void closed(Session session, CloseReason reason) {}

    @Override
    public void expired(Session session, CloseReason reason) {}

    @Override
    public void departed(Session session, boolean wasLinked) {}

    @Override
    public void fenced(Session session) {}

    @Override
    public void forward(Session session, Message message, DeliveryCallback callback) {}

    @Override
    public RemoteCallback export(DeliveryCallback callback) {
      throw new AssertionError("nothing moves");
    }

    @Override
    public boolean isOnThisNode(String shard) {
      return false;
    }
  }
}

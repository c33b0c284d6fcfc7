package io.linkspan.session;

import io.linkspan.admission.Identity;
import io.linkspan.api.Addresses;
import io.linkspan.api.Message;
import io.linkspan.api.ReservedTypes;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.delivery.Dispatcher;
import io.linkspan.delivery.MessageDefaults;
import io.linkspan.delivery.RecipientRouter;
import io.linkspan.delivery.ServiceCaller;
import io.linkspan.delivery.ServiceMetrics;
import io.linkspan.delivery.ShardBus;
import io.linkspan.delivery.ShardSender;
import io.linkspan.delivery.VertxServiceCaller;
import io.linkspan.delivery.VertxShardBus;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryLevel;
import io.linkspan.permission.PermissionRules;
import io.linkspan.routing.Recipient;
import io.linkspan.session.outbox.AckTimeouts;
import io.linkspan.session.outbox.OutboxParts;
import io.linkspan.session.replica.PartitionGuard;
import io.linkspan.session.replica.Replicator;
import io.linkspan.session.replica.StallDetector;
import io.linkspan.session.transfer.Drain;
import io.linkspan.session.transfer.IncomingTransfers;
import io.linkspan.session.transfer.SessionTransfer;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.time.Scheduler;
import io.linkspan.time.VertxScheduler;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The sessions of one event loop: composes the parts that serve them. Everything in it happens on
 * that loop; other loops and nodes reach it at its bus address.
 */
public final class Shard {

  /**
   * The world around a shard.
   *
   * @param loop runs an action on the shard's event loop, at once when called there
   * @param events publishes to services
   * @param remoteClose asks the shard of a session to close it
   */
  record Environment(
      ShardBus bus,
      Scheduler scheduler,
      Executor loop,
      ServiceCaller services,
      Consumer<JsonObject> events,
      BiConsumer<SessionRef, CloseReason> remoteClose) {

    static Environment of(Vertx vertx, ServiceMetrics services) {
      Context context = vertx.getOrCreateContext();
      return new Environment(
          new VertxShardBus(vertx),
          new VertxScheduler(vertx),
          action -> {
            if (Vertx.currentContext() == context) {
              action.run();
            } else {
              context.runOnContext(v -> action.run());
            }
          },
          new VertxServiceCaller(vertx, services),
          event -> vertx.eventBus().publish(Addresses.EVENTS, event),
          (session, reason) -> ShardControl.close(vertx.eventBus(), session, reason));
    }
  }

  /**
   * Added to the time that a delivery can take on another shard, so that the other shard's outcome
   * arrives before this one gives up; milliseconds.
   */
  private static final long REPORT_MARGIN = 5_000;

  private final String address;
  private final Environment environment;
  private final SessionLifecycle sessions;
  private final LocalDelivery local;
  private final RecipientRouter router;
  private final MessageDefaults defaults;
  private final ShardSender sender;
  private final SessionTransfer transfer;
  private final Replicator replicator;
  private final PartitionGuard guard;
  private final StallDetector stalls;
  private final AckTimeouts timeouts;
  private final AwaySessions away;
  private final Drain drain;
  private final ReconnectRequests reconnects;
  private final ConnectionAges ages;
  private final DuplicateSync duplicates;
  private final IdentityExpiry expiry;
  private final ShardCalls calls;
  private final ShardControl control;
  private final MemoryAccount memory;
  private final Supplier<PermissionRules> permissions;
  private final ShardTrace trace;

  /** Creates a shard on the calling event loop. */
  public Shard(Vertx vertx, int index, NodeServices shared) {
    this(Environment.of(vertx, shared.metrics().services()), index, shared);
  }

  /** Creates a shard in any environment. */
  Shard(Environment environment, int index, NodeServices shared) {
    this.environment = environment;
    address = ShardAddress.of(shared.node(), index);
    ShardBus bus = environment.bus();
    Scheduler scheduler = environment.scheduler();
    SessionConfig config = shared.session();
    DeliveryConfig delivery = shared.delivery();
    long grace = config.grace().toMillis();
    long ackTime = delivery.ackTimeout().toMillis() * delivery.maxAttempts();

    memory = shared.memory().newAccount();
    permissions = shared.identities().permissions();
    var table = new SessionTable(memory);
    trace = ShardTrace.of(shared, bus, scheduler, address, table::owned);
    var incoming = new IncomingTransfers();
    var events = new SessionEvents(environment.events(), shared.node());
    defaults = new MessageDefaults(shared.node() + '-' + index + '-');
    sessions = new SessionLifecycle(shared, address, events, environment.remoteClose());

    var groups =
        new Groups<Session>(shared.directory(), events, address, config.maxGroups(), memory);
    sender =
        new ShardSender(
            trace.recording(bus),
            scheduler,
            shared.nodes(),
            address,
            memory,
            ackTime + grace + REPORT_MARGIN);
    replicator =
        new Replicator(
            bus,
            scheduler,
            shared.nodes(),
            address,
            config.replicas() > 0,
            memory,
            shared.metrics().replication().newLag(),
            sessions);
    guard =
        new PartitionGuard(bus, scheduler, shared.nodes(), shared.directory(), address, sessions);
    stalls = new StallDetector(scheduler, guard::stalled);
    var presence =
        GroupPresence.start(shared, bus, scheduler, address, groups, replicator, memory, defaults);
    presence.follow(shared.nodes(), environment.loop());
    transfer =
        new SessionTransfer(
            bus,
            scheduler,
            shared.directory(),
            address,
            incoming,
            guard::isDirectoryComplete,
            sessions);
    var history =
        HistoryDelivery.start(shared, groups, scheduler, environment.loop(), defaults, memory);
    local =
        new LocalDelivery(
            table,
            groups,
            history,
            incoming,
            sender,
            shared.directory(),
            memory,
            shared.tracing(),
            replicator::whenReplicated,
            guard::isCertain);
    router =
        new RecipientRouter(
            scheduler,
            shared.directory(),
            address,
            local,
            sender,
            memory,
            guard::isDirectoryComplete,
            guard::areGroupsComplete,
            HistoryKeeper.keeping(shared, bus, scheduler));
    var dispatcher =
        new Dispatcher(
            shared.routes(),
            environment.services(),
            router,
            new JoinRequests(
                table, groups, presence, history, () -> shared.limits().get().joinNames()));
    duplicates =
        new DuplicateSync(
            bus,
            scheduler,
            shared.duplicates(),
            shared.directory(),
            shared.nodes(),
            address,
            delivery.requestTimeout().toMillis());
    timeouts = new AckTimeouts(scheduler, delivery.ackTimeout().toMillis());
    away =
        new AwaySessions(
            scheduler,
            grace,
            config.mostAway(shared.limits().get().connections(), shared.memory().heapLimit()),
            shared.metrics().away,
            () -> !guard.isOutcast());
    drain = new Drain(scheduler, sessions);
    reconnects = new ReconnectRequests(scheduler, table, away, drain::hasStarted);
    ages =
        new ConnectionAges(
            scheduler, table, config.maxAge(), config.maxAgeJitter(), drain::hasStarted);
    var inboxes =
        new Inbox.Shared(
            shared.limits(),
            delivery.maxDuplicates() > 0,
            dispatcher,
            router,
            defaults,
            duplicates,
            shared.metrics(),
            shared.metrics().handOver(),
            scheduler,
            memory,
            guard::isCertain,
            trace.timeline(),
            shared.tracing(),
            environment.loop());
    var parts =
        new SessionParts(
            scheduler,
            new OutboxParts(
                new OutboxParts.Limits(
                    config.maxPending(),
                    config.maxPendingBytes(),
                    delivery.maxAttempts(),
                    config.maxSlow(),
                    config.maxSlowBytes()),
                timeouts,
                shared.metrics().outbox(),
                memory,
                trace.timeline()),
            inboxes,
            permissions,
            shared.identities().offences(),
            shared.node());
    var mail = MailDelivery.of(shared.mailboxes(), incoming, sender, memory, scheduler, table);
    calls =
        new ShardCalls(
            sender,
            local,
            transfer,
            sessions,
            duplicates,
            replicator,
            guard,
            trace,
            mail,
            presence.presence());
    control = new ShardControl(table, groups, reconnects, shared.node());
    expiry = new IdentityExpiry(scheduler, defaults, shared.identities().notice());
    var revoked = RevokedSessions.start(scheduler, table, shared, environment.loop());
    var factory = new SessionFactory(shared, parts, replicator, sender, duplicates);
    sessions.start(
        new SessionLifecycle.Collaborators(
            factory,
            table,
            groups,
            transfer,
            incoming,
            replicator,
            guard,
            stalls,
            sender,
            local,
            away,
            duplicates,
            drain,
            reconnects,
            new SessionGreeting(defaults, config.grace(), expiry, groups, mail, presence),
            new Renewals(shared.identities(), expiry, scheduler),
            trace.tracer(),
            revoked));
    replicator.follow();
    var relief =
        new MemoryRelief(scheduler, memory, table, shared.duplicates(), shared.metrics().shed);
    shared
        .memory()
        .listen(
            (pool, from, to, used) -> {
              if (to.compareTo(MemoryLevel.SHEDDING) >= 0) {
                environment.loop().execute(() -> scheduler.defer(relief::begin));
              }
            });
    shared.nodes().watch(new Membership());
  }

  /** Returns the bus address. */
  public String address() {
    return address;
  }

  /** Returns the rules about what clients may do, which can change. */
  public Supplier<PermissionRules> permissions() {
    return permissions;
  }

  /** Returns the account that is charged for what the event loop's clients make it hold. */
  public MemoryAccount memory() {
    return memory;
  }

  /**
   * Begins the session of a new connection, or resumes the one that the client had.
   *
   * @return the session; it does not end before {@link Session#linkClosed} is called, also when the
   *     link is closed by then. Fails with {@code rate-limited} when the user has too many.
   */
  public Future<Session> open(Connection link, Identity identity, Attachment attachment) {
    return sessions.open(link, identity, attachment);
  }

  /**
   * Closes all connections as going-away, in batches; a client with Messages in flight may finish
   * them until {@code patience} has passed.
   *
   * @return completes when no session is left
   */
  public Future<Void> drain(int batch, Duration pause, Duration patience) {
    return drain.start(batch, pause, patience);
  }

  /** Ends what outlives the sessions. */
  public void stop() {
    trace.tracer().stop();
    timeouts.stop();
    expiry.stop();
    duplicates.stop();
    drain.stop();
    ages.stop();
    away.stop();
    transfer.stop();
    stalls.stop();
    sender.stop();
  }

  /** Delivers a Message of another shard to sessions of this one. */
  void deliver(Message message, DeliveryScope scope, DeliveryCallback callback) {
    stalls.check();
    local.deliver(Recipient.of(message.getTo()), message, scope, callback);
  }

  /**
   * Routes a Message of a service to any client.
   *
   * @param callback made of the complete Message
   */
  void route(Message outgoing, DeliveryScope scope, Function<Message, DeliveryCallback> callback) {
    stalls.check();
    Message complete = defaults.complete(outgoing);
    MessageSpan span = trace.tracing().send(complete);
    Message message = span.mark(complete);
    DeliveryCallback outcome = trace.received(message, span, callback.apply(message));
    if (ReservedTypes.isForged(message)) {
      outcome.failed(ReservedTypes.refusal(message.getType()));
    } else {
      router.route(Recipient.of(message.getTo()), message, scope, outcome);
    }
  }

  /** Answers a call of another shard; returns null for one that is not answered. */
  Future<ShardReply> answer(ShardCall call) {
    stalls.check();
    return calls.answer(call);
  }

  /** Answers a JSON request. */
  Future<?> answer(JsonObject request) {
    stalls.check();
    return control.answer(request);
  }

  /** Passes changes of the cluster to the event loop of the shard. */
  private final class Membership implements Nodes.Listener {

    @Override
    public void joined(Nodes.Node node) {
      run(
          () -> {
            guard.joined(node);
            replicator.follow();
          });
    }

    @Override
    public void left(Nodes.Node node) {
      run(
          () -> {
            guard.left(node);
            replicator.follow();
            replicator.nodeLost(node.id());
            sender.nodeLost(node);
            reconnects.nodeLost(node.id());
          });
    }

    @Override
    public void merged() {
      run(
          () -> {
            replicator.follow();
            guard.merged();
          });
    }

    /** Hazelcast calls on a thread of its own. */
    private void run(Runnable action) {
      environment
          .loop()
          .execute(
              () -> {
                // A node that was frozen receives that others have left, and it was itself removed.
                stalls.check();
                action.run();
              });
    }
  }
}

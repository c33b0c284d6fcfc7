package io.linkspan.bench;

import com.sun.management.ThreadMXBean;
import io.linkspan.GatewayConfig;
import io.linkspan.admission.Identity;
import io.linkspan.api.Message;
import io.linkspan.api.MessageCodecs;
import io.linkspan.api.MessageException;
import io.linkspan.bus.VertxProcess;
import io.linkspan.config.ConfigException;
import io.linkspan.connection.CloseReason;
import io.linkspan.connection.Connection;
import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.DeliveryConfig;
import io.linkspan.directory.LocalSessionDirectory;
import io.linkspan.directory.Nodes;
import io.linkspan.history.GroupHistories;
import io.linkspan.mailbox.Mailboxes;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.metrics.Latencies;
import io.linkspan.routing.RoutingTable;
import io.linkspan.session.Attachment;
import io.linkspan.session.DuplicateFilter;
import io.linkspan.session.IdentityServices;
import io.linkspan.session.NodeServices;
import io.linkspan.session.Receipt;
import io.linkspan.session.Session;
import io.linkspan.session.SessionMetrics;
import io.linkspan.session.Shard;
import io.linkspan.session.ShardMailbox;
import io.linkspan.telemetry.Tracing;
import io.linkspan.telemetry.TracingConfig;
import io.linkspan.telemetry.otel.OtelTracing;
import io.linkspan.testing.TestGateway;
import io.linkspan.testing.TestMemory;
import io.linkspan.trace.TraceConfig;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.TraceWatch;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Measures what the live trace, the timeline and distributed traces add to a Message that a client
 * sends to itself, and to an acknowledgement, on a real shard with a link that takes everything.
 * Every figure is the processor time of the event loop, and what it allocates.
 */
public final class TraceBenchmark {

  /** The cost of one frame: nanoseconds of processor time, and bytes allocated. */
  private record Cost(double nanos, double bytes) {}

  /** A shard with one client. */
  private record Setup(String name, Vertx vertx, Context loop, Shard shard, Session session) {}

  private static final int ROUNDS = 9;
  private static final int FRAMES = 50_000;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private TraceBenchmark() {}

  /** Prints a table in Markdown. */
  public static void main(String[] arguments) {
    VertxProcess.prepare();
    List<Setup> setups =
        List.of(
            setup("timeline off", 0, false),
            setup("timeline of every message", 1, false),
            setup("timeline of one in ten", 10, false),
            setup("timeline off, watched", 0, true),
            traced("timeline off, traces of no message", 0),
            traced("timeline off, traces of one in a hundred", 0.01),
            traced("timeline off, traces of every message", 1));
    System.out.println("| | message | acknowledgement |");
    System.out.println("| --- | ---: | ---: |");
    double[][][] figures = new double[setups.size()][4][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < setups.size(); i++) {
        Cost message = measure(setups.get(i), TraceBenchmark::message);
        Cost ack = measure(setups.get(i), (session, number) -> session.acknowledged("none", null));
        figures[i][0][round] = message.nanos();
        figures[i][1][round] = message.bytes();
        figures[i][2][round] = ack.nanos();
        figures[i][3][round] = ack.bytes();
      }
    }
    for (int i = 0; i < setups.size(); i++) {
      System.out.printf(
          "| %s | %.0f ns, %.0f bytes | %.1f ns, %.1f bytes |%n",
          setups.get(i).name(),
          Rounds.median(figures[i][0]),
          Rounds.median(figures[i][1]),
          Rounds.median(figures[i][2]),
          Rounds.median(figures[i][3]));
    }
    setups.forEach(setup -> TestGateway.await(setup.vertx().close()));
  }

  /** One frame of the client. */
  private interface Frame {
    void receive(Session session, int number);
  }

  private static final Receipt RECEIPT =
      new Receipt() {
        @Override
        public void accepted(String eventId) {}

        @Override
        public void refused(String eventId, MessageException why) {
          throw new IllegalStateException(why);
        }
      };

  private static void message(Session session, int number) {
    session.receive(
        Message.newBuilder()
            .setEventId("event-" + number)
            .setTo("user:alice")
            .setType("text")
            .setBody("hello")
            .build(),
        RECEIPT);
  }

  private static Cost measure(Setup setup, Frame frame) {
    Promise<Cost> measured = Promise.promise();
    setup
        .loop()
        .runOnContext(
            v -> {
              long thread = Thread.currentThread().getId();
              long bytes = THREADS.getThreadAllocatedBytes(thread);
              long nanos = THREADS.getCurrentThreadCpuTime();
              for (int i = 0; i < FRAMES; i++) {
                frame.receive(setup.session(), i);
              }
              nanos = THREADS.getCurrentThreadCpuTime() - nanos;
              bytes = THREADS.getThreadAllocatedBytes(thread) - bytes;
              measured.complete(new Cost((double) nanos / FRAMES, (double) bytes / FRAMES));
            });
    return TestGateway.await(measured.future());
  }

  private static Setup setup(String name, int sample, boolean watched) {
    return setup(name, sample, watched, Tracing.OFF);
  }

  /** Spans are dropped: exporting is the work of another thread. */
  private static Setup traced(String name, double sample) {
    var config =
        new TracingConfig(
            "http://127.0.0.1:9/",
            Map.of(),
            "bench",
            sample,
            10,
            false,
            512,
            Duration.ofSeconds(1));
    return setup(
        name, 0, false, OtelTracing.start(() -> config, "node", new SimpleMeterRegistry()));
  }

  private static Setup setup(String name, int sample, boolean watched, Tracing tracing) {
    Vertx vertx = Vertx.vertx();
    MessageCodecs.register(vertx);
    Context loop = vertx.getOrCreateContext();
    Promise<Setup> ready = Promise.promise();
    loop.runOnContext(
        v -> {
          var shard = new Shard(vertx, 0, services(sample, tracing));
          new ShardMailbox(vertx, shard, "node")
              .open(true)
              .compose(
                  open ->
                      shard.open(new Link(), new Identity("alice", false), Attachment.of(false)))
              .compose(
                  session ->
                      (watched ? watch(vertx, shard) : Future.succeededFuture())
                          .map(new Setup(name, vertx, loop, shard, session)))
              .onComplete(ready);
        });
    return TestGateway.await(ready.future());
  }

  private static Future<?> watch(Vertx vertx, Shard shard) {
    vertx.eventBus().consumer("watcher", batch -> batch.reply(batch.body()));
    TraceWatch watch =
        TraceWatch.newBuilder()
            .setId("1")
            .setWatcher("watcher")
            .setUser("alice")
            .setLeaseMs((int) Duration.ofHours(1).toMillis())
            .build();
    return vertx
        .eventBus()
        .request(shard.address(), ShardCall.newBuilder().setWatch(watch).build());
  }

  private static NodeServices services(int sample, Tracing tracing) {
    GatewayConfig config = unlimited();
    var delivery =
        new DeliveryConfig(
            Duration.ofSeconds(30), Duration.ofSeconds(10), 3, 0, Duration.ofMinutes(2), 100);
    var memory = TestMemory.budget();
    return new NodeServices(
        "node",
        config.session(),
        delivery,
        config::limits,
        new RoutingTable(config.routes()),
        new LocalSessionDirectory(),
        Nodes.alone(new Nodes.Node("node", 1)),
        new DuplicateFilter(delivery, new SharedMemoryAccount(memory)),
        memory,
        new SessionMetrics(new SimpleMeterRegistry(), new Latencies()),
        IdentityServices.CLAIMED,
        new TraceConfig(1, 1_024, sample, 32_768),
        tracing,
        Mailboxes.OFF,
        config.presence(),
        GroupHistories.OFF);
  }

  private static GatewayConfig unlimited() {
    try {
      return GatewayConfig.load(null, Map.of("LINKSPAN_LIMITS_COSTRATE", "0"));
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A link whose client reads everything. */
  private static final class Link implements Connection {

    @Override
    public String transport() {
      return "benchmark";
    }

    @Override
    public String remote() {
      return "127.0.0.1:1";
    }

    @Override
    public long lastReceived() {
      return 0;
    }

    @Override
    public boolean deliver(Outgoing message) {
      return true;
    }

    @Override
    public void close(CloseReason reason, long retryAfterMs) {}
  }
}

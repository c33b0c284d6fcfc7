package io.linkspan.telemetry.otel;

import io.linkspan.api.Message;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.telemetry.TraceContext;
import io.linkspan.telemetry.Tracing;
import io.linkspan.telemetry.TracingConfig;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Traces Messages with OpenTelemetry. Spans are begun and ended explicitly, and nothing is kept
 * with threads or contexts of Vert.x. Shared by all event loops.
 */
public final class OtelTracing implements Tracing, OtelSpan.Owner {

  /** Spans of a node that have not ended. Further ones are not recorded. */
  private static final int MAX_OPEN = 100_000;

  private static final Duration LONGEST = Duration.ofHours(1);

  private static final String USER_KIND = "user";

  private final Supplier<TracingConfig> live;
  private final TracingMetrics metrics;
  private final OpenSpans open;
  private final ClientRate clients;
  private final SdkTracerProvider provider;
  private final Tracer tracer;
  private final IdGenerator ids = IdGenerator.random();

  private OtelTracing(
      Supplier<TracingConfig> live, String node, SpanExporter exporter, MeterRegistry registry) {
    this.live = live;
    TracingConfig config = live.get();
    metrics = new TracingMetrics(registry);
    long now = System.nanoTime();
    open = new OpenSpans(MAX_OPEN, LONGEST.toNanos(), now);
    metrics.observeOpen(open::size);
    clients = new ClientRate(now);
    var processor = new BoundedProcessor(exporter, config.queue(), config.timeout(), metrics);
    provider = Exporters.provider(config.service(), node, processor);
    tracer = provider.get("io.linkspan");
  }

  /**
   * Starts to trace.
   *
   * @param live returns the settings, of which the rates and the names of users may change
   * @param node id of the node
   */
  public static Tracing start(Supplier<TracingConfig> live, String node, MeterRegistry registry) {
    return new OtelTracing(live, node, Exporters.otlp(live.get()), registry);
  }

  @Override
  public boolean isOn() {
    return true;
  }

  @Override
  public MessageSpan receive(Message message, Client client, long waited) {
    TraceContext parent = TraceContext.of(message);
    TracingConfig config = live.get();
    boolean follows = parent != null && config.clients() > 0;
    boolean sampled =
        follows
            ? parent.sampled() && clients.take(config.clients(), System.nanoTime())
            : isSampled();
    if (!sampled) {
      return parent != null && parent.sampled() ? refuse(parent) : MessageSpan.NONE;
    }
    SpanBuilder span = builder("receive", SpanKind.SERVER, follows ? parent : null, message);
    if (waited > 0) {
      span.setStartTimestamp(Instant.now().minusNanos(waited));
    }
    if (client.transport() != null) {
      span.setAttribute(Names.TRANSPORT, client.transport());
    }
    span.setAttribute(Names.SESSION, client.session());
    if (config.users()) {
      span.setAttribute(Names.USER, client.user());
    }
    return begin(span, follows ? parent.state() : null);
  }

  @Override
  public MessageSpan send(Message message) {
    TraceContext parent = TraceContext.of(message);
    if (parent == null ? !isSampled() : !parent.sampled()) {
      return MessageSpan.NONE;
    }
    return begin(
        builder("send", SpanKind.SERVER, parent, message), parent == null ? null : parent.state());
  }

  @Override
  public MessageSpan deliver(Message message, String recipient) {
    TraceContext parent = TraceContext.of(message);
    if (parent == null || !parent.sampled()) {
      return MessageSpan.NONE;
    }
    return begin(
        builder("deliver", SpanKind.CONSUMER, parent, message)
            .setAttribute(Names.RECIPIENT, recipient),
        parent.state());
  }

  @Override
  public MessageSpan attempt(Message message, String upstream, int number) {
    TraceContext parent = TraceContext.of(message);
    if (parent == null || !parent.sampled()) {
      return MessageSpan.NONE;
    }
    return begin(
        builder("upstream", SpanKind.CLIENT, parent, message)
            .setAttribute(Names.UPSTREAM, upstream)
            .setAttribute(Names.ATTEMPT, (long) number),
        parent.state());
  }

  @Override
  public TraceContext contextOf(Message message) {
    return TraceContext.of(message);
  }

  @Override
  public MessageSpan child(OtelSpan parent, String name, SpanKind kind, Attributes attributes) {
    return begin(
        tracer
            .spanBuilder("linkspan " + name)
            .setSpanKind(kind)
            .setParent(Context.root().with(parent.span()))
            .setAllAttributes(attributes),
        parent.state());
  }

  @Override
  public void ended(OtelSpan span) {
    open.remove(span);
  }

  @Override
  public Future<Void> close(Duration timeout) {
    open.abandonAll();
    // Not a timer of Vert.x, which is closed by now.
    var closed = new CompletableFuture<Void>();
    provider.shutdown().whenComplete(() -> closed.complete(null));
    return Future.fromCompletionStage(
        closed.completeOnTimeout(null, timeout.toMillis(), TimeUnit.MILLISECONDS));
  }

  private boolean isSampled() {
    return ThreadLocalRandom.current().nextDouble() < live.get().sample();
  }

  private SpanBuilder builder(String name, SpanKind kind, TraceContext parent, Message message) {
    SpanBuilder span = tracer.spanBuilder("linkspan " + name).setSpanKind(kind);
    if (parent == null) {
      span.setNoParent();
    } else {
      SpanContext context =
          SpanContext.createFromRemoteParent(
              parent.traceId(), parent.spanId(), TraceFlags.getSampled(), TraceState.getDefault());
      span.setParent(Context.root().with(Span.wrap(context)));
    }
    return span.setAttribute(Names.MESSAGE, message.getEventId())
        .setAttribute(Names.TO, shown(message.getTo()))
        .setAttribute(Names.TYPE, message.getType());
  }

  /** Returns the address of a recipient, of which a user's shows no more than the kind. */
  private String shown(String to) {
    int colon = to.indexOf(':');
    boolean isUser = !to.isEmpty() && (colon < 0 || to.startsWith(USER_KIND));
    return isUser && !live.get().users() ? USER_KIND : to;
  }

  private MessageSpan begin(SpanBuilder builder, String state) {
    long now = System.nanoTime();
    if (!open.hasRoom(now)) {
      metrics.tooManyOpen.increment();
      return MessageSpan.NONE;
    }
    Span started = builder.startSpan();
    if (!started.getSpanContext().isValid()) {
      // The node ends.
      return MessageSpan.NONE;
    }
    var span = new OtelSpan(this, started, state, now);
    open.add(span);
    return span;
  }

  /** The flag changes, so the context gets another span (W3C Trace Context, section 3.4). */
  private MessageSpan refuse(TraceContext parent) {
    metrics.refused.increment();
    return new UnsampledSpan(
        new TraceContext(parent.traceId(), ids.generateSpanId(), false, parent.state()));
  }
}

package io.linkspan.upstream;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.api.Origin;
import io.linkspan.directory.Nodes;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.telemetry.Tracing;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.MessageConsumer;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a local bus address on behalf of a service outside the gateway. There is one instance per
 * upstream and node, so its bounds and its breaker apply to the node.
 */
public final class UpstreamVerticle extends VerticleBase {

  /** A Message and the bus request that waits for its outcome. */
  private static final class Exchange {
    final io.vertx.core.eventbus.Message<Message> request;
    final Message message;
    Backend.Attempt attempt;
    MessageSpan span;
    long begun;

    Exchange(io.vertx.core.eventbus.Message<Message> request, Message message) {
      this.request = request;
      this.message = message;
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(UpstreamVerticle.class);

  private final UpstreamConfig config;
  private final UpstreamMetrics metrics;
  private final UpstreamMetrics.Share share;
  private final Tracing tracing;
  private final Nodes nodes;
  private Pipeline<Exchange> pipeline;
  private DeadlineTimer timer;
  private Backend backend;
  private MessageConsumer<Message> consumer;
  private CircuitBreaker.State breaker = CircuitBreaker.State.CLOSED;
  private BackendException latestFailure;
  private boolean carryingOut;

  /** Null unless answers are streamed, as are the next two. */
  private StreamedAnswers streams;

  private StreamPlacement placement;
  private RepeatedRequests repeated;

  /** Completed when the last Message has an outcome; null while the upstream is in use. */
  private Promise<Void> retired;

  /**
   * Creates the verticle of one upstream.
   *
   * @param tracing begins the spans of attempts
   * @param nodes of the cluster; another one may read an answer that is streamed
   */
  public UpstreamVerticle(
      UpstreamConfig config, UpstreamMetrics metrics, Tracing tracing, Nodes nodes) {
    this.config = config;
    this.metrics = metrics;
    this.tracing = tracing;
    this.nodes = nodes;
    share = metrics.new Share();
  }

  @Override
  public Future<?> start() {
    pipeline = new Pipeline<>(config.pipeline(), ThreadLocalRandom.current());
    share.begin();
    timer = new DeadlineTimer(vertx, this::onDeadline);
    backend = config.backend().newBackend(vertx, config.pipeline());
    if (!config.backend().streams().isOn()) {
      consumer = vertx.eventBus().localConsumer(config.address(), this::onMessage);
      return consumer.completion();
    }
    streams = new StreamedAnswers(vertx, config.backend().streams(), metrics);
    placement =
        new StreamPlacement(
            vertx, config.name(), nodes, config.pipeline().longest().toMillis(), streams::endLost);
    repeated = new RepeatedRequests(placement::begun);
    consumer = vertx.eventBus().localConsumer(config.address(), this::onLocalRequest);
    return Future.all(consumer.completion(), streams.ready(), placement.open(this::onRequest));
  }

  /** Notes that a node is lost. May be called on any thread. */
  void nodeLost(String node) {
    if (config.backend().streams().isOn()) {
      context.runOnContext(v -> placement.nodeLost(node));
    }
  }

  /**
   * Ends holding because the gateway shuts down. May be called on any thread.
   *
   * @param patience time in which answers that are streamed may end by themselves
   * @return completes when no answer is streamed
   */
  Future<Void> drain(Duration patience) {
    return onContext(
        () -> {
          pipeline.drain(DeadlineTimer.now());
          carryOut();
          return streams == null
              ? Future.succeededFuture()
              : placement.retire().compose(v -> streams.drain(patience.toMillis()));
        });
  }

  /**
   * Serves the Messages that are here, because nothing is routed here any more. May be called on
   * any thread.
   *
   * @return completes when each of them has an outcome, and no answer is streamed
   */
  Future<Void> retire() {
    return onContext(
        () -> {
          retired = Promise.promise();
          if (placement != null) {
            placement.retire();
          }
          carryOut();
          return retired
              .future()
              .compose(v -> streams == null ? Future.succeededFuture() : streams.whenIdle());
        });
  }

  private Future<Void> onContext(Supplier<Future<Void>> action) {
    Promise<Void> done = Promise.promise();
    context.runOnContext(v -> action.get().onComplete(done));
    return done.future();
  }

  @Override
  public Future<?> stop() {
    pipeline.close();
    carryOut();
    timer.cancel();
    Future<?> streamed =
        streams == null
            ? Future.succeededFuture()
            : Future.join(placement.close(), streams.close());
    return Future.join(consumer.unregister(), streamed, backend.close());
  }

  /** Takes a request of a client, or of this node, to which nothing can be streamed. */
  private void onLocalRequest(io.vertx.core.eventbus.Message<Message> request) {
    if (Origin.of(request.headers()).session().isEmpty()) {
      onMessage(request);
    } else {
      placement.place(request, this::onRequest);
    }
  }

  /** Takes a request whose answer may be streamed, from a client or from another node. */
  private void onRequest(io.vertx.core.eventbus.Message<Message> request) {
    if (!repeated.admit(request)) {
      return;
    }
    MessageException tooMany = streams.refusal(Origin.of(request.headers()));
    if (tooMany == null) {
      onMessage(request);
    } else {
      refuse(request, tooMany);
    }
  }

  private void onMessage(io.vertx.core.eventbus.Message<Message> request) {
    Message message;
    try {
      message = backend.admit(request.body());
    } catch (MessageException refusal) {
      refuse(request, refusal);
      return;
    }
    pipeline.offer(
        new Exchange(request, message),
        message.getFrom(),
        message.getSerializedSize(),
        "true".equals(Headers.get(message, Headers.VOLATILE)),
        DeadlineTimer.now());
    carryOut();
  }

  private void onDeadline() {
    pipeline.advance(DeadlineTimer.now());
    carryOut();
  }

  /** Carries out the effects of the pipeline. */
  private void carryOut() {
    // An attempt that ends at once calls this again; the outer loop handles its effects.
    if (carryingOut) {
      return;
    }
    carryingOut = true;
    for (Effect<Exchange> effect; (effect = pipeline.poll()) != null; ) {
      if (effect instanceof Effect.Send<Exchange> send) {
        send(send.call());
      } else if (effect instanceof Effect.Abort<Exchange> abort) {
        abort.call().request().attempt.abort();
      } else if (effect instanceof Effect.Refuse<Exchange> refusal) {
        refuse(refusal.call().request().request, refusal.why());
      }
    }
    carryingOut = false;
    share.observe(pipeline);
    logBreaker();
    timer.arm(pipeline.nextDeadline());
    if (retired != null && pipeline.isIdle()) {
      retired.tryComplete();
    }
  }

  private void send(Call<Exchange> call) {
    Exchange exchange = call.request();
    exchange.begun = System.nanoTime();
    exchange.span = tracing.attempt(exchange.message, config.name(), call.attempts);
    Message message = exchange.span.mark(exchange.message);
    exchange.attempt =
        backend.send(message, Origin.of(exchange.request.headers()), tracing.contextOf(message));
    exchange
        .attempt
        .answer()
        .onComplete(answer -> succeeded(call, answer), failure -> failed(call, failure));
  }

  private void succeeded(Call<Exchange> call, Message answer) {
    Exchange exchange = call.request();
    measure(exchange);
    exchange.span.end();
    pipeline.succeeded(call, DeadlineTimer.now());
    AnswerSource streamed = exchange.attempt.streamed();
    if (streamed == null) {
      metrics.accepted(answer);
      reply(exchange.request, answer == null ? null : complete(answer, exchange.request.body()));
    } else {
      stream(streamed, exchange);
    }
    carryOut();
  }

  private void stream(AnswerSource answer, Exchange exchange) {
    Origin sender = Origin.of(exchange.request.headers());
    MessageException refusal =
        sender.session().isEmpty()
            ? new MessageException(ErrorCode.INTERNAL, "the service answered with a stream")
            : streams.refusal(sender);
    if (refusal == null) {
      metrics.accepted(null);
      StreamedAnswers.Begun stream = streams.begin(answer, exchange.request.body(), sender);
      placement.begun(exchange.request, stream);
      repeated.streamed(exchange.request, stream);
    } else {
      answer.cancel();
      refuse(exchange.request, refusal);
    }
  }

  private void failed(Call<Exchange> call, Throwable failure) {
    measure(call.request());
    if (!(failure instanceof BackendException outcome)) {
      throw new IllegalStateException("a backend must fail with a BackendException", failure);
    }
    latestFailure = outcome;
    call.request().span.fail(outcome.refusal().code());
    pipeline.failed(call, outcome, DeadlineTimer.now());
    carryOut();
  }

  private void measure(Exchange exchange) {
    metrics.attempted(System.nanoTime() - exchange.begun);
  }

  private void refuse(io.vertx.core.eventbus.Message<Message> request, MessageException why) {
    metrics.refused(why.code());
    reply(request, why.toReply());
  }

  private void reply(io.vertx.core.eventbus.Message<Message> request, Object reply) {
    request.reply(reply);
    if (repeated != null) {
      repeated.ended(request, reply);
    }
  }

  private static Message complete(Message answer, Message request) {
    return answer.getFrom().isEmpty()
        ? answer.toBuilder().setFrom(request.getTo()).build()
        : answer;
  }

  private void logBreaker() {
    CircuitBreaker.State state = pipeline.breaker();
    if (state == breaker) {
      return;
    }
    if (breaker == CircuitBreaker.State.CLOSED) {
      Throwable cause = latestFailure.getCause();
      LOG.warn(
          "upstream {} is unavailable: {}",
          config.name(),
          cause == null ? latestFailure.getMessage() : cause.toString());
    } else if (state == CircuitBreaker.State.CLOSED) {
      LOG.info("upstream {} is available again", config.name());
    }
    breaker = state;
  }
}

package io.linkspan.session;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.delivery.ShardBus;
import io.linkspan.directory.ShardAddress;
import io.linkspan.telemetry.MessageSpan;
import io.linkspan.telemetry.Tracing;
import io.linkspan.time.Scheduler;
import io.linkspan.trace.Step;
import io.linkspan.trace.Timeline;
import io.linkspan.trace.TraceBus;
import io.linkspan.trace.TraceConfig;
import io.linkspan.trace.Tracer;
import io.linkspan.wire.FindSteps;
import io.linkspan.wire.RecordedStep;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.linkspan.wire.Steps;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.Collection;
import java.util.function.Supplier;

/**
 * The live trace and the timeline of one shard, and the distributed traces of its node.
 *
 * @param address of the shard
 */
record ShardTrace(Tracer tracer, Timeline timeline, Tracing tracing, String address) {

  /** For one batch of frames; milliseconds. */
  private static final long FRAMES_TIMEOUT = 5_000;

  static ShardTrace of(
      NodeServices shared,
      ShardBus bus,
      Scheduler scheduler,
      String address,
      Supplier<Collection<Session>> sessions) {
    TraceConfig config = shared.trace();
    TraceBus frames =
        (watcher, batch) ->
            bus.call(watcher, ShardCall.newBuilder().setFrames(batch).build(), FRAMES_TIMEOUT);
    return new ShardTrace(
        new Tracer(frames, scheduler, ShardAddress.nodeOf(address), config.payload(), sessions),
        new Timeline(config.sample(), config.steps()),
        shared.tracing(),
        address);
  }

  /** Answers with the recorded steps of a Message. */
  ShardReply find(FindSteps question) {
    Steps.Builder steps = Steps.newBuilder();
    JsonObject place =
        new JsonObject()
            .put("node", ShardAddress.nodeOf(address))
            .put("loop", ShardAddress.indexOf(address));
    String from = question.getFrom().isEmpty() ? null : question.getFrom();
    for (Timeline.Found found : timeline.find(question.getEventId(), from, place)) {
      steps.addSteps(
          RecordedStep.newBuilder()
              .setTime(found.time())
              .setSender(found.sender())
              .setStep(found.step().encode()));
    }
    return ShardReply.newBuilder().setSteps(steps).build();
  }

  /**
   * Records a Message of a service.
   *
   * @param span ends with the outcome
   * @return a callback that records its outcome too
   */
  DeliveryCallback received(Message message, MessageSpan span, DeliveryCallback callback) {
    if (!timeline.isOn() && span == MessageSpan.NONE) {
      return callback;
    }
    timeline.record(Step.RECEIVED, message, 0, null);
    return new DeliveryCallback() {
      @Override
      public void delivered(By by, Message reply) {
        timeline.record(Step.ACCEPTED, message, 0, null);
        span.end();
        callback.delivered(by, reply);
      }

      @Override
      public void failed(MessageException failure) {
        timeline.fail(Step.REFUSED, message, failure, null);
        span.fail(failure.code());
        callback.failed(failure);
      }

      @Override
      public boolean isAbandoned() {
        return callback.isAbandoned();
      }
    };
  }

  /** Returns a bus that records the Messages that leave for other shards. */
  ShardBus recording(ShardBus bus) {
    return new ShardBus() {
      @Override
      public Future<ShardReply> call(String to, ShardCall call, long timeout) {
        return bus.call(to, call, timeout);
      }

      @Override
      public void send(String to, ShardCall call) {
        bus.send(to, call);
      }

      @Override
      public Future<Void> write(
          String to, Message message, DeliveryScope scope, String origin, long ticket) {
        timeline.record(Step.FORWARDED, message, 0, to);
        return bus.write(to, message, scope, origin, ticket);
      }
    };
  }
}

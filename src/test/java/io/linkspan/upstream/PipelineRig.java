package io.linkspan.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.upstream.BackendException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Runs a pipeline in virtual time and carries out its effects. */
final class PipelineRig {

  static final Duration TIMEOUT = Duration.ofSeconds(5);
  static final Duration WITHIN = Duration.ofSeconds(30);

  /** Milliseconds. */
  long now = 1_000_000;

  final Pipeline<String> pipeline;
  final Map<String, Call<String>> inFlight = new LinkedHashMap<>();

  /** All attempts, in order. */
  final List<String> sent = new ArrayList<>();

  final List<String> succeeded = new ArrayList<>();
  final Map<String, MessageException> refused = new LinkedHashMap<>();

  PipelineRig(PipelineConfig config, RandomGenerator random) {
    pipeline = new Pipeline<>(config, random);
  }

  /** Settings that tests vary. */
  static final class Config {
    int concurrency = 2;
    int queue = 10;
    int queueBytes = 1_000;
    boolean ordered;
    int retries = 2;
    boolean onlyUnsent;
    int failures = 3;
    Duration hold = Duration.ZERO;
    int maxHeld = 10;

    PipelineConfig build() {
      return new PipelineConfig(
          concurrency,
          queue,
          queueBytes,
          ordered,
          TIMEOUT,
          WITHIN,
          new PipelineConfig.Retry(
              retries, onlyUnsent, Duration.ofMillis(100), Duration.ofMillis(400)),
          new PipelineConfig.Breaker(
              failures, Math.min(64, failures * 2), Duration.ofSeconds(1), Duration.ofSeconds(4)),
          new PipelineConfig.Hold(hold, maxHeld));
    }

    PipelineRig rig() {
      return new PipelineRig(build(), RandomGenerator.of("L64X128MixRandom"));
    }
  }

  void offer(String id) {
    offer(id, "alice");
  }

  void offer(String id, String user) {
    offer(id, user, 1, false);
  }

  void offer(String id, String user, int bytes, boolean urgent) {
    pipeline.offer(id, user, bytes, urgent, now);
    carryOut();
  }

  void succeed(String id) {
    succeeded.add(id);
    pipeline.succeeded(inFlight.remove(id), now);
    carryOut();
  }

  void fail(String id, Kind kind) {
    fail(id, kind, 0);
  }

  void fail(String id, Kind kind, long retryAfterMs) {
    ErrorCode code = kind == Kind.REFUSED ? ErrorCode.FORBIDDEN : ErrorCode.UNAVAILABLE;
    var why = new MessageException(code, kind.name(), retryAfterMs);
    pipeline.failed(inFlight.remove(id), new BackendException(kind, why, null), now);
    carryOut();
  }

  /** Advances the time and handles every deadline on the way. */
  void pass(long ms) {
    long until = now + ms;
    while (pipeline.nextDeadline() <= until) {
      long due = pipeline.nextDeadline();
      now = Math.max(now, due);
      pipeline.advance(now);
      carryOut();
      assertThat(pipeline.nextDeadline()).as("progress").isGreaterThan(now);
    }
    now = until;
  }

  void drain() {
    pipeline.drain(now);
    carryOut();
  }

  void close() {
    pipeline.close();
    carryOut();
  }

  ErrorCode refusal(String id) {
    return refused.get(id).code();
  }

  private void carryOut() {
    for (Effect<String> effect; (effect = pipeline.poll()) != null; ) {
      if (effect instanceof Effect.Send<String> send) {
        sent.add(send.call().request());
        inFlight.put(send.call().request(), send.call());
      } else if (effect instanceof Effect.Abort<String> abort) {
        inFlight.remove(abort.call().request());
        pipeline.failed(
            abort.call(), new BackendException(Kind.LOST, ErrorCode.TIMEOUT, "too long"), now);
      } else if (effect instanceof Effect.Refuse<String> refusal) {
        assertThat(refused.put(refusal.call().request(), refusal.why())).isNull();
      }
    }
    assertThat(pipeline.inFlight()).isEqualTo(inFlight.size());
  }
}

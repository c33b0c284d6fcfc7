package io.linkspan.cluster;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.internal.VertxInternal;
import java.util.concurrent.CompletionStage;

/** Turns the results of Hazelcast into those of Vert.x. */
final class HazelcastFutures {

  private HazelcastFutures() {}

  /** Completes on the caller's context; immediately if the result is present. */
  static <T> Future<T> onContext(VertxInternal vertx, CompletionStage<T> stage) {
    Promise<T> promise = vertx.getOrCreateContext().promise();
    // On Hazelcast's own thread, which only passes the result on.
    stage.whenCompleteAsync(
        (value, failure) -> {
          if (failure == null) {
            promise.complete(value);
          } else {
            promise.fail(failure);
          }
        },
        Runnable::run);
    return promise.future();
  }
}

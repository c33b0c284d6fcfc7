package io.linkspan.upstream;

import io.linkspan.api.MessageException;

/** An action that a {@link Pipeline} asks its shell to carry out. */
sealed interface Effect<R> {

  /** Start an attempt, and report its outcome. */
  record Send<R>(Call<R> call) implements Effect<R> {}

  /** End an attempt that has taken too long, and report that as any other failure. */
  record Abort<R>(Call<R> call) implements Effect<R> {}

  /** Refuse the Message to its sender: it is not delivered. */
  record Refuse<R>(Call<R> call, MessageException why) implements Effect<R> {}
}

package io.linkspan.upstream;

import io.linkspan.api.MessageException;

/** What a {@link Pipeline} wants done. */
sealed interface Effect<R> {

  /** Begin an attempt, and report how it ended. */
  record Send<R>(Call<R> call) implements Effect<R> {}

  /** The attempt has taken too long: end it, and report that as any other failure. */
  record Abort<R>(Call<R> call) implements Effect<R> {}

  /** It will not be handed over, and this is why. */
  record Refuse<R>(Call<R> call, MessageException why) implements Effect<R> {}
}

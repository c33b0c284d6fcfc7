package io.linkspan.admission;

import io.vertx.core.Future;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes up names for clients that state no identity, where such clients may connect. Shared by all
 * event loops.
 *
 * @param permitted whether they may
 */
public record AnonymousUsers(boolean permitted) {

  /** Returns a new identity, or a refusal. */
  public Future<Identity> identify() {
    if (!permitted) {
      return Future.failedFuture(
          ConnectRefusedException.unauthenticated("the client states no identity"));
    }
    String random = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
    return Future.succeededFuture(
        new Identity(UserNames.ANONYMOUS + random, true, System.currentTimeMillis()));
  }
}

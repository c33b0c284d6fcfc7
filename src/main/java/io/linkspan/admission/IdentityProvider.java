package io.linkspan.admission;

import io.vertx.core.Future;

/** Decides the identity of a client. Shared by all event loops. */
public interface IdentityProvider {

  /**
   * Returns the identity of a client.
   *
   * <p>The future completes on the event loop that calls this, perhaps before the call returns. It
   * fails with a {@link ConnectRefusedException}: a lasting refusal is made by {@link
   * ConnectRefusedException#unauthenticated} or {@link ConnectRefusedException#forbidden}, a
   * temporary one by {@link ConnectRefusedException#unavailable} or {@link
   * ConnectRefusedException#tooOften}.
   */
  Future<Identity> identify(Credentials credentials);

  /**
   * Returns whether credentials are verified. If so, a client can renew its identity while it is
   * connected.
   */
  boolean verifies();
}

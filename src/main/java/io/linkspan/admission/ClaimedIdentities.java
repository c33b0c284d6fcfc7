package io.linkspan.admission;

import io.vertx.core.Future;

/**
 * Takes each client for the user that it names, and verifies nothing: for development and for
 * trusted networks. Shared by all event loops.
 */
public final class ClaimedIdentities implements IdentityProvider {

  private final AnonymousUsers anonymous;

  public ClaimedIdentities(AnonymousUsers anonymous) {
    this.anonymous = anonymous;
  }

  @Override
  public Future<Identity> identify(Credentials credentials) {
    String user = credentials.user();
    if (user == null) {
      return anonymous.identify();
    }
    String problem = UserNames.problem(user);
    return problem == null
        ? Future.succeededFuture(new Identity(user, false, System.currentTimeMillis()))
        : Future.failedFuture(ConnectRefusedException.unauthenticated(problem));
  }

  @Override
  public boolean verifies() {
    return false;
  }
}

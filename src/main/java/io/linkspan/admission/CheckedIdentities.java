package io.linkspan.admission;

import io.vertx.core.Future;

/** Refuses identities that another provider has accepted. Shared by all event loops. */
public final class CheckedIdentities implements IdentityProvider {

  private final IdentityProvider identities;
  private final ClientCheck check;

  public CheckedIdentities(IdentityProvider identities, ClientCheck check) {
    this.identities = identities;
    this.check = check;
  }

  @Override
  public Future<Identity> identify(Credentials credentials) {
    return identities.identify(credentials).compose(this::check);
  }

  private Future<Identity> check(Identity identity) {
    try {
      check.check(identity);
    } catch (ConnectRefusedException refusal) {
      return Future.failedFuture(refusal);
    }
    return Future.succeededFuture(identity);
  }

  @Override
  public boolean verifies() {
    return identities.verifies();
  }
}

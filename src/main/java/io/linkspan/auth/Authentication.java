package io.linkspan.auth;

import io.linkspan.admission.AnonymousUsers;
import io.linkspan.admission.ClaimedIdentities;
import io.linkspan.admission.IdentityProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** Builds what the configuration asks for to decide identities. */
public final class Authentication {

  private final IdentityProvider identities;
  private final JwtIdentities tokens;

  public Authentication(Vertx vertx, AuthConfig config) {
    var anonymous = new AnonymousUsers(config.anonymous());
    tokens = config.readsTokens() ? new JwtIdentities(vertx, config.jwt(), anonymous) : null;
    if (config.asks()) {
      identities = new HookIdentities(vertx, config.hook(), tokens, anonymous);
    } else {
      identities = tokens == null ? new ClaimedIdentities(anonymous) : tokens;
    }
  }

  /** Returns the provider that decides. */
  public IdentityProvider identities() {
    return identities;
  }

  /**
   * Prepares the first decisions. An issuer that cannot be reached does not keep the node from
   * starting.
   */
  public Future<Void> start() {
    return tokens == null ? Future.succeededFuture() : tokens.start();
  }
}

package io.linkspan.auth;

import io.linkspan.admission.AnonymousUsers;
import io.linkspan.admission.CheckedIdentities;
import io.linkspan.admission.ClaimedIdentities;
import io.linkspan.admission.ClientCheck;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.Identity;
import io.linkspan.admission.IdentityProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;

/** Builds what the configuration asks for to decide identities. */
public final class Authentication {

  private final IdentityProvider identities;
  private final JwtIdentities tokens;

  /**
   * @param check refuses identities: those of tokens before the hook is asked, and those of the
   *     hook's answers, also of stored ones
   */
  public Authentication(Vertx vertx, AuthConfig config, ClientCheck check) {
    var anonymous = new AnonymousUsers(config.anonymous());
    tokens = config.readsTokens() ? new JwtIdentities(vertx, config.jwt(), anonymous) : null;
    identities = new CheckedIdentities(provider(vertx, config, anonymous, check), check);
  }

  private IdentityProvider provider(
      Vertx vertx, AuthConfig config, AnonymousUsers anonymous, ClientCheck check) {
    IdentityProvider verified = tokens == null ? null : new CheckedIdentities(tokens, check);
    if (config.asks()) {
      return new HookIdentities(vertx, config.hook(), verified, anonymous, check);
    }
    return tokens == null ? new ClaimedIdentities(anonymous) : tokens;
  }

  /** Verifies a token without a gateway; the keys are read first. */
  public static Future<Identity> verify(Vertx vertx, AuthConfig config, Credentials credentials) {
    var tokens = new JwtIdentities(vertx, config.jwt(), new AnonymousUsers(false));
    return tokens.start().compose(v -> tokens.identify(credentials));
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

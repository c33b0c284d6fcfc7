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

/**
 * Builds what the configuration asks for to decide identities, and builds it anew when that
 * changes. Shared by all event loops.
 */
public final class Authentication implements IdentityProvider {

  /** Settings, and what decides by them. */
  public static final class Prepared {

    private final AuthConfig config;
    private final IdentityProvider identities;

    private Prepared(AuthConfig config, IdentityProvider identities) {
      this.config = config;
      this.identities = identities;
    }
  }

  private final Vertx vertx;
  private final ClientCheck check;
  private final boolean verifies;
  private volatile Prepared inForce;

  /**
   * @param check refuses identities: those of tokens before the hook is asked, and those of the
   *     hook's answers, also of stored ones
   */
  public Authentication(Vertx vertx, AuthConfig config, ClientCheck check) {
    this.vertx = vertx;
    this.check = check;
    verifies = config.verifies();
  }

  /** Verifies a token without a gateway; the keys are read first. */
  public static Future<Identity> verify(Vertx vertx, AuthConfig config, Credentials credentials) {
    var tokens = new JwtIdentities(vertx, config.jwt(), new AnonymousUsers(false));
    return tokens.start().compose(v -> tokens.identify(credentials));
  }

  /**
   * Prepares the decisions by some settings.
   *
   * @param config with the same mode as at the start
   * @return fails when other settings are in force and the keys of these cannot be read; without
   *     settings in force, an issuer that cannot be reached does not keep the node from starting
   */
  public Future<Prepared> prepare(AuthConfig config) {
    Prepared latest = inForce;
    if (latest != null && latest.config.equals(config)) {
      return Future.succeededFuture(latest);
    }
    var anonymous = new AnonymousUsers(config.anonymous());
    JwtIdentities tokens =
        config.readsTokens() ? new JwtIdentities(vertx, config.jwt(), anonymous) : null;
    IdentityProvider provider = provider(config, tokens, anonymous);
    var prepared = new Prepared(config, new CheckedIdentities(provider, check));
    if (tokens == null) {
      return Future.succeededFuture(prepared);
    }
    return tokens
        .start()
        .compose(
            v ->
                latest == null || tokens.hasKeys()
                    ? Future.succeededFuture(prepared)
                    : Future.failedFuture("auth.jwt: the keys of tokens cannot be read"));
  }

  private IdentityProvider provider(
      AuthConfig config, JwtIdentities tokens, AnonymousUsers anonymous) {
    IdentityProvider verified = tokens == null ? null : new CheckedIdentities(tokens, check);
    if (config.asks()) {
      return new HookIdentities(vertx, config.hook(), verified, anonymous, check);
    }
    return tokens == null ? new ClaimedIdentities(anonymous) : tokens;
  }

  /** Decides by other settings from now on. */
  public void use(Prepared prepared) {
    inForce = prepared;
  }

  @Override
  public boolean verifies() {
    return verifies;
  }

  /** Decides the identity of a client; {@link #use} must have been called. */
  @Override
  public Future<Identity> identify(Credentials credentials) {
    return inForce.identities.identify(credentials);
  }
}

package io.linkspan.auth;

import io.linkspan.admission.AnonymousUsers;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.Identity;
import io.linkspan.admission.IdentityProvider;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;

/** Takes the identity of a client from a signed token. Shared by all event loops. */
final class JwtIdentities implements IdentityProvider {

  private final JwtConfig config;
  private final Claims claims;
  private final TokenKeys keys;
  private final AnonymousUsers anonymous;

  JwtIdentities(Vertx vertx, JwtConfig config, AnonymousUsers anonymous) {
    this.config = config;
    this.anonymous = anonymous;
    claims = new Claims(config);
    keys = TokenKeys.of(vertx, config);
  }

  /** Reads the keys for the first time; never fails. */
  Future<Void> start() {
    return keys.start();
  }

  /** Returns whether there are keys; without them, no token can be verified. */
  boolean hasKeys() {
    return keys.isComplete();
  }

  @Override
  public boolean verifies() {
    return true;
  }

  @Override
  public Future<Identity> identify(Credentials credentials) {
    String text = credentials.token();
    if (text == null) {
      return anonymous.identify();
    }
    try {
      Token token = Token.read(text, config.algorithm(), config.maxToken());
      Future<List<VerificationKey>> found = keys.find(token.keyId());
      return found.compose(candidates -> verify(token, candidates));
    } catch (InvalidTokenException e) {
      return refused(e);
    }
  }

  private Future<Identity> verify(Token token, List<VerificationKey> candidates) {
    try {
      for (VerificationKey key : candidates) {
        if (key.verifies(token.signed(), token.signature())) {
          return Future.succeededFuture(claims.check(token.payload(), System.currentTimeMillis()));
        }
      }
      throw new InvalidTokenException("the token's signature is wrong");
    } catch (InvalidTokenException e) {
      return refused(e);
    }
  }

  private static <T> Future<T> refused(InvalidTokenException why) {
    return Future.failedFuture(ConnectRefusedException.unauthenticated(why.getMessage()));
  }
}

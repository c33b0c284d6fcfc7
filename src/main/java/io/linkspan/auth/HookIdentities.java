package io.linkspan.auth;

import io.linkspan.admission.AnonymousUsers;
import io.linkspan.admission.ClientCheck;
import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.admission.Credentials;
import io.linkspan.admission.Identity;
import io.linkspan.admission.IdentityProvider;
import io.linkspan.api.Addresses;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.RepeatedFailure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Lets a service decide about each client, after its token was verified or in place of that. Shared
 * by all event loops.
 */
final class HookIdentities implements IdentityProvider {

  /** Type of the Message that asks for a decision. */
  private static final String CONNECT = "connect";

  private static final String JSON = "application/json";

  /** How long a blocked client is recognized by its token, without another question. */
  private static final Duration BLOCKED_TIME = Duration.ofMinutes(10);

  private static final Logger LOG = LoggerFactory.getLogger(HookIdentities.class);
  private static final RepeatedFailure MALFORMED_ANSWERS =
      new RepeatedFailure(LOG, Level.WARN, "the answer of the hook is not an identity");
  private static final RepeatedFailure NO_ANSWERS =
      new RepeatedFailure(LOG, Level.WARN, "the hook does not answer");

  private final Vertx vertx;
  private final HookConfig config;
  private final IdentityProvider tokens;
  private final AnonymousUsers anonymous;
  private final HookGate gate;
  private final DecisionCache cache;
  private final ClientCheck check;
  private final DecisionCache blocked = new DecisionCache(BLOCKED_TIME);

  /**
   * @param tokens verifies and checks tokens before; null when the hook decides alone
   * @param check refuses clients about which the hook has decided before
   */
  HookIdentities(
      Vertx vertx,
      HookConfig config,
      IdentityProvider tokens,
      AnonymousUsers anonymous,
      ClientCheck check) {
    this.vertx = vertx;
    this.config = config;
    this.tokens = tokens;
    this.anonymous = anonymous;
    gate = new HookGate(config, ThreadLocalRandom.current(), DeadlineTimer.now());
    cache = new DecisionCache(config.cache());
    this.check = check;
  }

  @Override
  public boolean verifies() {
    return true;
  }

  @Override
  public Future<Identity> identify(Credentials credentials) {
    boolean nothing = credentials.token() == null && credentials.source().headers().isEmpty();
    if (nothing || (tokens != null && credentials.token() == null)) {
      return anonymous.identify();
    }
    if (tokens == null) {
      return decide(credentials, null);
    }
    return tokens.identify(credentials).compose(verified -> decide(credentials, verified));
  }

  private Future<Identity> decide(Credentials credentials, Identity verified) {
    long now = DeadlineTimer.now();
    String key = DecisionCache.keyOf(credentials.token());
    Identity stored = cache.find(key, now);
    try {
      checkAgain(stored == null ? blocked.find(key, now) : stored, verified);
    } catch (ConnectRefusedException refusal) {
      return Future.failedFuture(refusal);
    }
    if (stored != null
        && stored.expiresAt() > System.currentTimeMillis()
        && !check.refuses(stored)) {
      return Future.succeededFuture(stored);
    }
    long wait = gate.delay(now);
    if (wait > 0) {
      return Future.failedFuture(
          ConnectRefusedException.tooOften("too many clients connect", wait));
    }
    HookGate.Permit permit = gate.enter(now);
    if (permit == null) {
      return unavailable();
    }
    return ask(credentials, verified)
        .transform(
            asked -> {
              boolean answered = asked.succeeded() || isRefusal(asked.cause());
              gate.leave(permit, answered, DeadlineTimer.now());
              return asked.succeeded()
                  ? decided(asked.result(), verified, key)
                  : refused(MessageException.from(asked.cause()));
            });
  }

  /**
   * Refuses a client that would be refused whatever the hook decides now. Without a token that is
   * verified here, a decision makes an identity that is new.
   *
   * @param before the identity that the hook has answered before; null when that is not known
   */
  private void checkAgain(Identity before, Identity verified) throws ConnectRefusedException {
    if (before != null) {
      check.check(verified == null ? before.acceptedAt(System.currentTimeMillis()) : before);
    }
  }

  private Future<String> ask(Credentials credentials, Identity verified) {
    Credentials.Source source = credentials.source();
    JsonObject headers = new JsonObject();
    source.headers().forEach(headers::put);
    JsonObject body =
        new JsonObject()
            .put("transport", source.transport())
            .put("remote", source.remote())
            .put("headers", headers);
    if (credentials.token() != null) {
      body.put("token", credentials.token());
    }
    if (verified != null) {
      body.put("user", verified.user()).put("claims", verified.readClaims());
    } else if (credentials.user() != null && !credentials.user().equals(credentials.token())) {
      body.put("user", credentials.user());
    }
    Message question =
        Message.newBuilder()
            .setEventId(UUID.randomUUID().toString())
            .setType(CONNECT)
            .setContentType(JSON)
            .setBody(body.encode())
            .build();
    var options =
        new DeliveryOptions()
            .setSendTimeout(config.timeout().toMillis())
            .addHeader(Addresses.TRANSPORT, source.transport())
            .addHeader(Addresses.REMOTE, source.remote());
    return vertx
        .eventBus()
        .request(config.address(), question, options)
        .map(HookIdentities::textOf);
  }

  private static String textOf(io.vertx.core.eventbus.Message<Object> reply) {
    if (reply.body() instanceof Message message) {
      return message.getBody();
    }
    return reply.body() instanceof JsonObject json ? json.encode() : "";
  }

  private Future<Identity> decided(String answer, Identity verified, String key) {
    try {
      Identity identity = HookAnswer.read(answer, verified, System.currentTimeMillis());
      DecisionCache decisions = check.refuses(identity) ? blocked : cache;
      decisions.put(key, identity, DeadlineTimer.now());
      return Future.succeededFuture(identity);
    } catch (IllegalArgumentException e) {
      MALFORMED_ANSWERS.add(e.getMessage());
      return unavailable();
    }
  }

  private static boolean isRefusal(Throwable failure) {
    return switch (MessageException.from(failure).code()) {
      case UNAUTHENTICATED, MALFORMED, FORBIDDEN, RATE_LIMITED -> true;
      default -> false;
    };
  }

  /** The text of a refusal is the service's own, and the client receives it. */
  private Future<Identity> refused(MessageException failure) {
    return switch (failure.code()) {
      // Any other status of 4xx than 403 and 429, such as 401.
      case UNAUTHENTICATED, MALFORMED ->
          Future.failedFuture(ConnectRefusedException.unauthenticated(failure.getMessage()));
      case FORBIDDEN ->
          Future.failedFuture(ConnectRefusedException.forbidden(failure.getMessage()));
      case RATE_LIMITED ->
          Future.failedFuture(
              ConnectRefusedException.tooOften(
                  failure.getMessage(), Math.max(1, failure.retryAfterMs())));
      default -> {
        NO_ANSWERS.add(failure.code().code());
        yield unavailable();
      }
    };
  }

  private <T> Future<T> unavailable() {
    return Future.failedFuture(
        ConnectRefusedException.unavailable(
            "clients cannot be verified now", Math.max(1, gate.retryAfter(DeadlineTimer.now()))));
  }
}

package io.linkspan;

import io.linkspan.admission.Credentials;
import io.linkspan.admission.Identity;
import io.linkspan.admission.UserNames;
import io.linkspan.auth.AuthConfig;
import io.linkspan.auth.Authentication;
import io.linkspan.auth.TokenSigner;
import io.linkspan.permission.Action;
import io.linkspan.permission.Decision;
import io.vertx.core.Vertx;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonObject;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.ToIntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The commands about tokens, apart from their options. */
final class TokenCommands {

  private static final Pattern DURATION = Pattern.compile("(\\d{1,6})(s|m|h|d)");
  private static final int SECRET_BYTES = 48;
  private static final int FAILED = 1;
  private static final int WRONG_USAGE = 2;

  private TokenCommands() {}

  /** Prints a token for a user, signed with the configured secret. */
  static int generate(AuthConfig auth, String user, String ttl, Map<String, String> claims) {
    Duration life = duration(ttl);
    String problem =
        life == null
            ? "--ttl must be a duration such as 30s, 15m, 1h or 7d"
            : UserNames.problem(user);
    if (problem != null) {
      System.err.println(problem);
      return WRONG_USAGE;
    }
    long now = Instant.now().getEpochSecond();
    var all = new JsonObject();
    claims.forEach((name, value) -> all.put(name, valueOf(value)));
    all.put(auth.jwt().userClaim(), user).put("iat", now).put("exp", now + life.toSeconds());
    try {
      System.out.println(TokenSigner.sign(auth.jwt(), all));
      return 0;
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return WRONG_USAGE;
    }
  }

  /** A claim is JSON if it looks like an object or a list, else text. */
  private static Object valueOf(String text) {
    if (text.startsWith("{") || text.startsWith("[")) {
      try {
        return Json.decodeValue(text);
      } catch (DecodeException e) {
        return text;
      }
    }
    return text;
  }

  private static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  /** Prints whether a token proves an identity here, and which. */
  static int check(AuthConfig auth, String token) {
    if (!auth.readsTokens()) {
      System.err.println("auth.mode is neither jwt nor jwt-hook: tokens are not verified here");
      return WRONG_USAGE;
    }
    return withIdentity(
        auth,
        token,
        identity -> {
          describe(identity);
          return 0;
        });
  }

  private static void describe(Identity identity) {
    System.out.println("valid, user " + identity.user());
    System.out.println(
        identity.expires()
            ? "accepted until " + Instant.ofEpochMilli(identity.expiresAt())
            : "accepted for ever: it has no exp");
    System.out.println(identity.readClaims().encodePrettily());
  }

  /**
   * Prints whether a client may do something, and which rule decides.
   *
   * @param token of the client; null for a client that only names its user
   * @param user without a token; null for an anonymous one
   */
  static int explain(
      GatewayConfig config, String token, String user, Action action, String target, String type) {
    ToIntFunction<Identity> explanation =
        identity -> {
          Decision decision = config.permissions().decide(identity, action, target, type);
          System.out.println(outcome(decision.verdict()) + ": " + decision.reason());
          return decision.verdict() == Decision.Verdict.REFUSED ? FAILED : 0;
        };
    if (token != null) {
      return withIdentity(config.auth(), token, explanation);
    }
    return explanation.applyAsInt(
        user == null ? new Identity("anonymous-0", true) : new Identity(user, false));
  }

  private static String outcome(Decision.Verdict verdict) {
    return switch (verdict) {
      case ALLOWED -> "allowed";
      case REFUSED -> "refused";
      case ALLOWED_TO_MEMBERS -> "allowed to members of the group";
    };
  }

  private static int withIdentity(AuthConfig auth, String token, ToIntFunction<Identity> command) {
    Vertx vertx = Vertx.vertx();
    try {
      var credentials =
          new Credentials(null, token.strip(), null, null, false, Credentials.Source.UNKNOWN);
      return command.applyAsInt(
          Authentication.verify(vertx, auth, credentials)
              .toCompletionStage()
              .toCompletableFuture()
              .get());
    } catch (ExecutionException e) {
      System.err.println("refused: " + e.getCause().getMessage());
      return FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    } finally {
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }

  /** Prints a configuration for a first installation, with fresh secrets. */
  static int configuration() {
    System.out.printf(
        """
        # A minimal configuration of linkspan. All other keys have their defaults, see conf/linkspan.yaml.
        # Keep this file secret: with auth.jwt.key anybody can make tokens for any user.

        http:
          host: 127.0.0.1             # 0.0.0.0 behind a proxy that ends TLS, or with http.tls

        enet:
          enabled: false              # true for clients that speak ENet

        auth:
          mode: jwt                   # clients prove who they are with a signed token
          jwt:
            algorithm: HS256
            key: "%s"
            audience: [linkspan]
            requireExpiry: true

        management:
          apiKey: "%s"

        # Try it:
        #   linkspan gentoken --conf THIS-FILE --user alice --ttl 1h
        #   linkspan run --conf THIS-FILE
        """,
        secret(), secret());
    return 0;
  }

  private static String secret() {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}

package io.linkspan.ops;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.listener.AddressRange;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.function.Supplier;

/** Passes requests on that carry the key of the HTTP API. Used only on one event loop. */
final class KeyCheck {

  private static final String BEARER = "Bearer ";
  private static final int MAX_ADDRESSES = 10_000;

  private final Supplier<String> key;
  private final KeyGuesses guesses = new KeyGuesses(MAX_ADDRESSES);

  /**
   * @param key empty when none is required; can change
   */
  KeyCheck(Supplier<String> key) {
    this.key = key;
  }

  /** Refuses a request, or passes it on. */
  void check(RoutingContext context) {
    String header = context.request().getHeader(HttpHeaders.AUTHORIZATION);
    if (key.get().isEmpty()) {
      context.next();
    } else if (header == null) {
      refuse(context);
    } else {
      check(context, header);
    }
  }

  private void check(RoutingContext context, String header) {
    String address = AddressRange.owner(context.request().remoteAddress().hostAddress());
    long now = DeadlineTimer.now();
    long delay = guesses.delay(address, now);
    if (delay > 0) {
      Refusal.send(
          context, new MessageException(ErrorCode.RATE_LIMITED, "too many wrong keys", delay));
    } else if (isKey(header)) {
      context.next();
    } else {
      guesses.wrong(address, now);
      refuse(context);
    }
  }

  private static void refuse(RoutingContext context) {
    context.response().putHeader("WWW-Authenticate", "Bearer");
    Refusal.send(
        context,
        new MessageException(
            ErrorCode.UNAUTHENTICATED, "the key must be sent as Authorization: Bearer"));
  }

  private boolean isKey(String header) {
    return header.startsWith(BEARER)
        && MessageDigest.isEqual(
            header.substring(BEARER.length()).getBytes(StandardCharsets.UTF_8),
            key.get().getBytes(StandardCharsets.UTF_8));
  }
}

package io.linkspan.revocation;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Kind;
import io.linkspan.api.Revocation.Source;
import io.linkspan.api.RevocationPage;
import io.vertx.core.Future;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Answers the JSON requests of operators and services about revocations. Shared by all event loops.
 *
 * <pre>
 *   {"kind", "value", "for"? or "until"?, "issuedBefore"?, "reason"?}  → the entry
 * </pre>
 */
public final class RevocationRequests {

  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;
  private static final Set<String> FIELDS =
      Set.of("kind", "value", "for", "until", "issuedBefore", "reason");
  private static final Pattern ID = Pattern.compile("[\\w-]{22}");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

  private final Revocations revocations;

  public RevocationRequests(Revocations revocations) {
    this.revocations = revocations;
  }

  /** Adds an entry; fails with a {@link MessageException}. */
  public Future<JsonObject> add(JsonObject request, Source source) {
    try {
      return revocations.add(read(request, Instant.now()), source).map(Revocation::toJson);
    } catch (MessageException refusal) {
      return Future.failedFuture(refusal);
    }
  }

  /**
   * Lists one page: {@code {"revocations":[…],"next":cursor or null}}.
   *
   * @param limit entries of the page; null is the usual number
   * @param cursor {@code next} of the page before; null for the first page
   * @throws MessageException {@code malformed}, with the reason
   */
  public JsonObject list(Integer limit, String cursor) {
    int most = limit == null ? DEFAULT_LIMIT : limit;
    check(most >= 1 && most <= MAX_LIMIT, "limit must be 1 to " + MAX_LIMIT);
    check(cursor == null || ID.matcher(cursor).matches(), "cursor must be the next of a page");
    RevocationPage page = revocations.page(cursor, most);
    return new JsonObject()
        .put(
            "revocations",
            new JsonArray(page.revocations().stream().map(Revocation::toJson).toList()))
        .put("next", page.next());
  }

  /**
   * Removes an entry.
   *
   * @return whether there was one
   */
  public Future<Boolean> remove(String id) {
    return ID.matcher(id).matches() ? revocations.remove(id) : Future.succeededFuture(false);
  }

  /** Reads a request; unlike an answer, it must be understood in full. */
  static Revocation read(JsonObject request, Instant now) {
    for (String field : request.fieldNames()) {
      check(FIELDS.contains(field), field + " is not a field");
    }
    Kind kind = Kind.of(text(request, "kind"));
    check(kind != null, "kind must be token, tokens, user or network");
    String value = text(request, "value");
    check(value != null, "value is missing");
    return new Revocation(
        null,
        kind,
        value,
        time(request, "issuedBefore"),
        end(request, now),
        null,
        text(request, "reason"),
        null);
  }

  private static Instant end(JsonObject request, Instant now) {
    String duration = text(request, "for");
    if (duration == null) {
      return time(request, "until");
    }
    check(text(request, "until") == null, "there is both for and until");
    Matcher parts = DURATION.matcher(duration);
    check(parts.matches(), "for must be a duration such as 30s, 10m, 1h or 7d");
    long amount = Long.parseLong(parts.group(1));
    return now.plus(
        switch (parts.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofDays(amount);
        });
  }

  private static Instant time(JsonObject request, String field) {
    String text = text(request, field);
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      throw malformed(field + " must be a time such as 2030-01-31T12:00:00Z");
    }
  }

  private static String text(JsonObject request, String field) {
    Object value = request.getValue(field);
    check(value == null || value instanceof String, field + " must be a text");
    return (String) value;
  }

  private static void check(boolean holds, String text) {
    if (!holds) {
      throw malformed(text);
    }
  }

  private static MessageException malformed(String text) {
    return new MessageException(ErrorCode.MALFORMED, text);
  }
}

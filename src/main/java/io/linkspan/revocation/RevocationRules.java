package io.linkspan.revocation;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Kind;
import io.linkspan.api.Revocation.Source;
import io.linkspan.listener.AddressRange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;

/** The rules for the entries that are added. Pure. */
public final class RevocationRules {

  private static final int MAX_TEXT = 256;
  private static final int ID_BYTES = 16;

  /** Tokens that a clock ahead of this one has issued may be named. */
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);

  private static final Duration LONGEST = Duration.ofDays(3_660);

  private RevocationRules() {}

  /**
   * Checks and completes a new entry.
   *
   * @param keep how long tokens are revoked without an end of their own
   * @throws MessageException {@code malformed}, with the reason
   */
  public static Revocation complete(
      Revocation request, Source source, Instant time, Duration keep) {
    Instant now = time.truncatedTo(ChronoUnit.MILLIS);
    Kind kind = request.kind();
    String value = valueOf(kind, request.value());
    check(request.reason().length() <= MAX_TEXT, "reason has at most 256 characters");
    check(request.reason().chars().noneMatch(c -> c < ' '), "reason has no control characters");
    return new Revocation(
        idOf(kind, value),
        kind,
        value,
        issuedBefore(request, now),
        until(request, now, keep),
        now,
        request.reason(),
        source);
  }

  private static Instant issuedBefore(Revocation request, Instant now) {
    Instant time = request.issuedBefore();
    if (request.kind() != Kind.TOKENS) {
      check(time == null, "issuedBefore is for tokens only");
      return null;
    }
    if (time == null) {
      return now;
    }
    check(!time.isAfter(now.plus(CLOCK_SKEW)), "issuedBefore must not be in the future");
    return time.truncatedTo(ChronoUnit.MILLIS);
  }

  private static Instant until(Revocation request, Instant now, Duration keep) {
    Instant end = request.until();
    if (end == null) {
      boolean tokens = request.kind() == Kind.TOKEN || request.kind() == Kind.TOKENS;
      check(tokens, "until is missing");
      return now.plus(keep);
    }
    check(end.isAfter(now), "until must be in the future");
    check(end.isBefore(now.plus(LONGEST)), "until must be within ten years");
    return end.truncatedTo(ChronoUnit.MILLIS);
  }

  private static String valueOf(Kind kind, String value) {
    check(!value.isEmpty() && value.length() <= MAX_TEXT, "value must have 1 to 256 characters");
    if (kind != Kind.NETWORK) {
      return value;
    }
    AddressRange network = AddressRange.parse(value);
    check(
        network != null,
        "value must be an address or a network, such as 192.0.2.0/24 or 2001:db8::/32");
    return network.toString();
  }

  /**
   * Returns the id of the entry of a kind and value: the same on every node, and every time.
   *
   * @param value as it is in the entry: a network in its usual notation
   */
  static String idOf(Kind kind, String value) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest((kind.label() + ' ' + value).getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, ID_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has SHA-256", e);
    }
  }

  /**
   * Returns the id of the entry of a kind and value, as an operator writes them.
   *
   * @throws MessageException {@code malformed}, with the reason
   */
  public static String find(Kind kind, String value) {
    return idOf(kind, valueOf(kind, value));
  }

  /**
   * Returns whether an entry has not ended.
   *
   * @param now in milliseconds since 1970
   */
  static boolean isInForce(Revocation entry, long now) {
    return now < entry.until().toEpochMilli();
  }

  /**
   * Returns the milliseconds until an entry ends.
   *
   * @param now in milliseconds since 1970
   */
  public static long remaining(Revocation entry, long now) {
    return Math.max(1, entry.until().toEpochMilli() - now);
  }

  private static void check(boolean holds, String text) {
    if (!holds) {
      throw new MessageException(ErrorCode.MALFORMED, text);
    }
  }
}

package io.linkspan.api;

import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Locale;
import java.util.Objects;

/**
 * Refuses clients until a time: those with one token, those with the older tokens of a user, those
 * of a user, or those of a network. {@link GatewayClient#revoke} adds one to all nodes. There is
 * one entry for each kind and value: adding it again extends it.
 *
 * @param id of the entry; null before it is added
 * @param value id of the token (its {@code jti}), name of the user, or network such as {@code
 *     192.0.2.0/24}
 * @param issuedBefore of {@link Kind#TOKENS}: tokens that were issued before are refused; null is
 *     the time at which it is added
 * @param until when it ends; null, for tokens only, is the time that the gateway keeps them for
 * @param createdAt when it was added; null before
 * @param reason for operators, at most 256 characters; clients do not receive it
 * @param source which part has added it; null before
 */
public record Revocation(
    String id,
    Kind kind,
    String value,
    Instant issuedBefore,
    Instant until,
    Instant createdAt,
    String reason,
    Source source) {

  /** The kinds of entries. */
  public enum Kind {
    /** One token, by its id. */
    TOKEN,
    /** All tokens of a user that were issued before a time. */
    TOKENS,
    /** A user, with any token. */
    USER,
    /** A range of network addresses, with any user. */
    NETWORK;

    /** Returns the name on the bus and in JSON, such as {@code token}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the kind with a label; null when there is none. */
    public static Kind of(String label) {
      for (Kind kind : values()) {
        if (kind.label().equals(label)) {
          return kind;
        }
      }
      return null;
    }
  }

  /** The parts that add entries; an earlier one counts for more than a later one. */
  public enum Source {
    /** A person, by the HTTP API or the command line. */
    OPERATOR,
    /** A service, over the bus. */
    SERVICE,
    /** The gateway itself, since the client misbehaved. */
    BAN;

    /** Returns the name on the bus and in JSON, such as {@code operator}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the source with a label; null when there is none. */
    public static Source of(String label) {
      for (Source source : values()) {
        if (source.label().equals(label)) {
          return source;
        }
      }
      return null;
    }
  }

  public Revocation {
    Objects.requireNonNull(kind);
    Objects.requireNonNull(value);
    reason = reason == null ? "" : reason;
  }

  /** Revokes one token. */
  public static Revocation ofToken(String tokenId) {
    return of(Kind.TOKEN, tokenId);
  }

  /** Revokes all tokens that a user has now. */
  public static Revocation ofTokens(String user) {
    return of(Kind.TOKENS, user);
  }

  /** Blocks a user; {@link #endingAt} must follow. */
  public static Revocation ofUser(String user) {
    return of(Kind.USER, user);
  }

  /** Blocks a network, or one address; {@link #endingAt} must follow. */
  public static Revocation ofNetwork(String network) {
    return of(Kind.NETWORK, network);
  }

  private static Revocation of(Kind kind, String value) {
    return new Revocation(null, kind, value, null, null, null, "", null);
  }

  /** Returns the same entry with another end. */
  public Revocation endingAt(Instant end) {
    return new Revocation(id, kind, value, issuedBefore, end, createdAt, reason, source);
  }

  /** Returns the same entry with another time before which the tokens were issued. */
  public Revocation issuedEarlierThan(Instant time) {
    return new Revocation(id, kind, value, time, until, createdAt, reason, source);
  }

  /** Returns the same entry with another reason. */
  public Revocation because(String why) {
    return new Revocation(id, kind, value, issuedBefore, until, createdAt, why, source);
  }

  /**
   * Reads an entry. Ignores fields that it does not know; a field that is missing is null.
   *
   * @throws MessageException {@code malformed} without a kind or a value
   */
  public static Revocation of(JsonObject json) {
    Kind kind = Kind.of(BusJson.text(json, "kind"));
    String value = BusJson.text(json, "value");
    if (kind == null || value == null) {
      throw new MessageException(
          ErrorCode.MALFORMED,
          kind == null ? "kind must be token, tokens, user or network" : "value must be a text");
    }
    return new Revocation(
        BusJson.text(json, "id"),
        kind,
        value,
        BusJson.instant(json, "issuedBefore"),
        BusJson.instant(json, "until"),
        BusJson.instant(json, "createdAt"),
        BusJson.text(json, "reason"),
        Source.of(BusJson.text(json, "source")));
  }

  /** Returns the form that travels on the bus and that {@code GET /v1/revocations} shows. */
  public JsonObject toJson() {
    JsonObject json =
        new JsonObject()
            .put("id", id)
            .put("kind", kind.label())
            .put("value", value)
            .put("until", text(until))
            .put("createdAt", text(createdAt))
            .put("reason", reason)
            .put("source", source == null ? null : source.label());
    return issuedBefore == null ? json : json.put("issuedBefore", text(issuedBefore));
  }

  private static String text(Instant time) {
    return time == null ? null : time.toString();
  }
}

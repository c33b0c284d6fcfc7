package io.linkspan.auth;

import io.linkspan.admission.Identity;
import io.linkspan.admission.UserNames;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;

/**
 * The identity in the answer of a hook. Pure.
 *
 * <pre>
 *  {"user": "alice", "exp": 1700000000, "jti": "…", "groups": ["staff"], "permissions": {…}}
 * </pre>
 */
final class HookAnswer {

  private static final int MAX_GROUPS = 1_000;
  private static final int MAX_NAME = 256;
  private static final int MAX_PERMISSIONS = 64 << 10;
  private static final double SECOND = 1_000;
  private static final double LATEST = 1e11;

  private HookAnswer() {}

  /**
   * Reads an answer.
   *
   * @param token the identity that a token has proved; null when there is none
   * @param now when it was decided, in milliseconds since 1970
   * @throws IllegalArgumentException when it states no identity
   */
  static Identity read(String text, Identity token, long now) {
    JsonObject answer = text.isBlank() ? new JsonObject() : StrictJson.read(text);
    String permissions = permissionsOf(answer);
    return new Identity(
        userOf(answer, token),
        false,
        tokenIdOf(answer, token),
        token == null ? now : token.issuedAt(),
        Math.min(expiryOf(answer), token == null ? Identity.NEVER : token.expiresAt()),
        token == null ? "" : token.claims(),
        permissions == null && token != null ? token.permissions() : permissions,
        groupsOf(answer));
  }

  private static String userOf(JsonObject answer, Identity token) {
    Object user = answer.getValue("user");
    if (user == null && token != null) {
      return token.user();
    }
    if (!(user instanceof String name)) {
      throw new IllegalArgumentException("it names no user");
    }
    String problem = UserNames.problem(name);
    if (problem != null) {
      throw new IllegalArgumentException(problem);
    }
    return name;
  }

  private static String tokenIdOf(JsonObject answer, Identity token) {
    Object id = answer.getValue("jti");
    if (id == null) {
      return token == null ? null : token.tokenId();
    }
    if (id instanceof String text && text.length() <= MAX_NAME) {
      return text;
    }
    throw new IllegalArgumentException("its jti is not a text");
  }

  private static long expiryOf(JsonObject answer) {
    Object time = answer.getValue("exp");
    if (time == null) {
      return Identity.NEVER;
    }
    if (time instanceof Number number
        && number.doubleValue() >= 0
        && number.doubleValue() <= LATEST) {
      return (long) (number.doubleValue() * SECOND);
    }
    throw new IllegalArgumentException("its exp is not a number of seconds");
  }

  private static String permissionsOf(JsonObject answer) {
    Object permissions = answer.getValue("permissions");
    if (permissions == null) {
      return null;
    }
    String text = Json.encode(permissions);
    if (text.length() > MAX_PERMISSIONS) {
      throw new IllegalArgumentException("its permissions are too long");
    }
    return text;
  }

  private static List<String> groupsOf(JsonObject answer) {
    Object list = answer.getValue("groups");
    if (list == null) {
      return List.of();
    }
    List<String> groups = new ArrayList<>();
    if (list instanceof JsonArray names && names.size() <= MAX_GROUPS) {
      for (Object name : names) {
        if (name instanceof String text && !text.isBlank() && text.length() <= MAX_NAME) {
          groups.add(text);
        }
      }
      if (groups.size() == names.size()) {
        return groups;
      }
    }
    throw new IllegalArgumentException("its groups are not a list of names");
  }
}

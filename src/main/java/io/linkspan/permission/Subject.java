package io.linkspan.permission;

import io.linkspan.admission.Identity;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/**
 * The client of whom a decision is made: the claims and the capabilities of an identity, each read
 * once. Used only on one event loop.
 */
final class Subject {

  private final Identity identity;
  private final JsonObject claims;

  /** Null until they are needed first. */
  private JsonObject capabilities;

  Subject(Identity identity) {
    this.identity = identity;
    claims = identity.readClaims();
  }

  String user() {
    return identity.user();
  }

  boolean isAnonymous() {
    return identity.anonymous();
  }

  /** Returns a claim as text; null when there is none, or it is neither text nor a number. */
  String claim(String name) {
    Object value = claims.getValue(name);
    return value instanceof String || value instanceof Number ? value.toString() : null;
  }

  /** Returns whether a claim is a text, or has it as an entry, or as a word between spaces. */
  boolean claimHas(String name, String text) {
    Object value = claims.getValue(name);
    if (value instanceof JsonArray entries) {
      return entries.contains(text);
    }
    if (value instanceof Boolean || value instanceof Number) {
      return value.toString().equals(text);
    }
    return value instanceof String words && !text.isEmpty() && hasWord(words, text);
  }

  /** Returns whether a text is in another one, between spaces or its ends. */
  private static boolean hasWord(String words, String text) {
    for (int at = words.indexOf(text); at >= 0; at = words.indexOf(text, at + 1)) {
      int end = at + text.length();
      if ((at == 0 || words.charAt(at - 1) == ' ')
          && (end == words.length() || words.charAt(end) == ' ')) {
        return true;
      }
    }
    return false;
  }

  /** Returns what the token or the hook grants; empty when it grants nothing. */
  JsonObject capabilities() {
    if (capabilities == null) {
      capabilities = readCapabilities();
    }
    return capabilities;
  }

  private JsonObject readCapabilities() {
    if (identity.permissions() == null) {
      return new JsonObject();
    }
    try {
      return new JsonObject(identity.permissions());
    } catch (DecodeException e) {
      // It is signed, yet not an object: nothing is granted.
      return new JsonObject();
    }
  }
}

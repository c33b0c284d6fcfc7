package io.linkspan.permission;

import io.linkspan.admission.Identity;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;

/** The client of whom a decision is made: the claims of an identity, read once. Immutable. */
final class Subject {

  private final Identity identity;
  private final JsonObject claims;

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
    return value instanceof String words && (' ' + words + ' ').contains(' ' + text + ' ');
  }

  /** Returns what the token or the hook grants; empty when it grants nothing. */
  JsonObject capabilities() {
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

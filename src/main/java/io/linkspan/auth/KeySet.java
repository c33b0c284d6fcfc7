package io.linkspan.auth;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The keys that an issuer lists. Immutable.
 *
 * @param keys by {@code kid}
 * @param unnamed those without a {@code kid}
 */
record KeySet(Map<String, VerificationKey> keys, List<VerificationKey> unnamed) {

  static final KeySet EMPTY = new KeySet(Map.of(), List.of());

  /** More keys are ignored. */
  private static final int MAX_KEYS = 100;

  private static final int MAX_ID = 256;

  KeySet {
    keys = Map.copyOf(keys);
    unnamed = List.copyOf(unnamed);
  }

  /** Returns a set of one key, which verifies tokens whatever they name. */
  static KeySet of(VerificationKey key) {
    return new KeySet(Map.of(), List.of(key));
  }

  /**
   * Reads a JSON Web Key Set.
   *
   * @throws IllegalArgumentException when it is not one, or has no key for the algorithm
   */
  static KeySet read(Algorithm algorithm, String text) {
    if (!(StrictJson.read(text).getValue("keys") instanceof JsonArray list)) {
      throw new IllegalArgumentException("the list of keys is missing");
    }
    Map<String, VerificationKey> keys = new HashMap<>();
    List<VerificationKey> unnamed = new ArrayList<>();
    for (int i = 0; i < Math.min(list.size(), MAX_KEYS); i++) {
      VerificationKey key =
          list.getValue(i) instanceof JsonObject jwk ? VerificationKey.of(algorithm, jwk) : null;
      if (key != null && key.id() == null) {
        unnamed.add(key);
      } else if (key != null && key.id().length() <= MAX_ID) {
        keys.putIfAbsent(key.id(), key);
      }
    }
    if (keys.isEmpty() && unnamed.isEmpty()) {
      throw new IllegalArgumentException("the list has no key for " + algorithm.label());
    }
    return new KeySet(keys, unnamed);
  }

  /**
   * Returns the keys that may have signed a token.
   *
   * @param id value of its {@code kid}; null when it names none
   */
  List<VerificationKey> find(String id) {
    if (id == null) {
      List<VerificationKey> all = new ArrayList<>(keys.values());
      all.addAll(unnamed);
      // Each one costs a verification.
      return all.size() == 1 ? all : unnamed.size() == 1 ? unnamed : List.of();
    }
    VerificationKey named = keys.get(id);
    return named == null ? unnamed : List.of(named);
  }
}

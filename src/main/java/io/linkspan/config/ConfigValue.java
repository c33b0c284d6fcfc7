package io.linkspan.config;

import java.util.Locale;

/**
 * The value of one key.
 *
 * @param key in full, such as {@code http.port}
 * @param json the value as JSON
 * @param source from which it is
 */
public record ConfigValue(String key, String json, Source source) {

  /** The layer that a value is from. */
  public enum Source {
    DEFAULT,
    FILE,
    ENVIRONMENT;

    /** Returns the name, such as {@code file}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Omits the value, which may be a secret. */
  @Override
  public String toString() {
    return key;
  }
}

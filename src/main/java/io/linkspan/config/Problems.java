package io.linkspan.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** Collects the problems of a configuration while it is read, so that all are reported at once. */
final class Problems {

  private final List<String> lines = new ArrayList<>();

  /** Adds a problem with the value of one key; a null value is a missing one. */
  void add(String key, JsonNode value, String expected) {
    String shown = value == null || value.isNull() ? "nothing" : value.toString();
    add(key + ": " + shown + ": expected " + expected);
  }

  /** Adds a problem that concerns no key. */
  void add(String line) {
    lines.add(line);
  }

  void throwIfAny() throws ConfigException {
    if (!lines.isEmpty()) {
      throw new ConfigException(lines);
    }
  }
}

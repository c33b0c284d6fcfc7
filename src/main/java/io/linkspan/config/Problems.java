package io.linkspan.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects the problems of a configuration while it is read, so that all are reported at once. Each
 * names the line of the file, or the environment variable, from which its value is.
 */
final class Problems {

  /** A longer value says little to a reader and may be the contents of a key file. */
  private static final int LONGEST_SHOWN = 100;

  private final List<String> lines = new ArrayList<>();
  private final Map<String, String> origins = new HashMap<>();

  /** Returns no problems, with the same origins of values. */
  Problems withoutLines() {
    var copy = new Problems();
    copy.origins.putAll(origins);
    return copy;
  }

  /** Takes the origin of a value over from others. */
  void copyOrigin(String key, Problems others) {
    String origin = others.origins.get(key);
    if (origin == null) {
      origins.remove(key);
    } else {
      origins.put(key, origin);
    }
  }

  /** Remembers from which line or variable the value of a key is; a later call overrides it. */
  void setOrigin(String key, String origin) {
    origins.put(key, origin);
  }

  /** Adds a problem with the value of one key, which is shown; a null value is a missing one. */
  void add(String key, JsonNode value, String expected) {
    add(key, shown(value) + "expected " + expected);
  }

  /** Adds a problem with the value of one key, which may be a secret and is not shown. */
  void addHidden(String key, String expected) {
    add(key, "expected " + expected);
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

  private void add(String key, String problem) {
    String origin = origin(key);
    add((origin == null ? "" : origin + ": ") + (key.isEmpty() ? "" : key + ": ") + problem);
  }

  /** Returns where the key is set, or else the closest section around it; null for defaults. */
  private String origin(String key) {
    String around = key;
    String origin = origins.get(around);
    while (origin == null && !around.isEmpty()) {
      int end = Math.max(around.lastIndexOf('.'), around.lastIndexOf('['));
      if (end < 0) {
        return null;
      }
      around = around.substring(0, end);
      origin = origins.get(around);
    }
    return origin;
  }

  /** Sections are not shown, as there may be secrets in them. */
  private static String shown(JsonNode value) {
    if (value == null || value.isNull()) {
      return "nothing: ";
    }
    boolean isFlat = value.isValueNode();
    if (value.isArray()) {
      isFlat = true;
      for (JsonNode item : value) {
        isFlat &= item.isValueNode();
      }
    }
    String text = isFlat ? value.toString() : "";
    return text.isEmpty() || text.length() > LONGEST_SHOWN ? "" : text + ": ";
  }
}

package io.linkspan.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One section of the configuration, read with the types and bounds that its owner expects. A value
 * that does not fit is noted as a problem, and reading goes on, so that all problems are told at
 * once.
 */
public final class ConfigNode {

  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})(|B|KiB|MiB|GiB)");
  private static final Pattern RATE = Pattern.compile("(\\d{1,9})/s");
  private static final int MAX_PORT = 65_535;

  private final JsonNode node;
  private final String path;
  private final List<String> problems;

  public ConfigNode(JsonNode node, String path, List<String> problems) {
    this.node = node;
    this.path = path;
    this.problems = problems;
  }

  /** How every problem reads. */
  static String problem(String key, JsonNode value, String expected) {
    String shown = value == null || value.isNull() ? "nothing" : value.toString();
    return key + ": " + shown + ": expected " + expected;
  }

  public ConfigNode section(String key) {
    return new ConfigNode(node.path(key), keyOf(key), problems);
  }

  /**
   * A section that may leave out what is in others, which are its schema as well.
   *
   * @param defaults later ones are laid over earlier ones
   */
  public ConfigNode over(JsonNode... defaults) {
    ObjectNode whole = JsonNodeFactory.instance.objectNode();
    for (JsonNode layer : defaults) {
      whole.setAll((ObjectNode) layer.deepCopy());
    }
    ConfigTree.overlay(whole, node, path, problems);
    return new ConfigNode(whole, path, problems);
  }

  public boolean has(String key) {
    return node.has(key);
  }

  /** The full name of a key; of the section itself when the key is empty. */
  public String keyOf(String key) {
    return path.isEmpty() || key.isEmpty() ? path + key : path + "." + key;
  }

  /** Notes a problem that only the owner can see. */
  public void reject(String key, String expected) {
    problems.add(problem(keyOf(key), key.isEmpty() ? node : node.get(key), expected));
  }

  /** Any text, also none. */
  public String text(String key) {
    JsonNode value = node.path(key);
    if (!value.isTextual()) {
      reject(key, "text");
      return "";
    }
    return value.textValue();
  }

  /** Text that is not blank. */
  public String name(String key) {
    String value = text(key);
    if (node.path(key).isTextual() && value.isBlank()) {
      reject(key, "a name");
    }
    return value;
  }

  public boolean flag(String key) {
    String value = node.path(key).asText();
    if (!value.equals("true") && !value.equals("false")) {
      reject(key, "true or false");
    }
    return value.equals("true");
  }

  public int port(String key) {
    return count(key, 0, MAX_PORT, "a port, 0 to " + MAX_PORT);
  }

  public int count(String key, int min, int max) {
    return count(key, min, max, "a whole number, " + min + " to " + max);
  }

  public Duration duration(String key, Duration min, Duration max) {
    Matcher text = DURATION.matcher(node.path(key).asText());
    String expected =
        "a duration such as 250ms, 25s, 2m or 1h, " + shown(min) + " to " + shown(max);
    if (!text.matches()) {
      reject(key, expected);
      return min;
    }
    long amount = Long.parseLong(text.group(1));
    Duration value =
        switch (text.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          default -> Duration.ofHours(amount);
        };
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      reject(key, expected);
      return min;
    }
    return value;
  }

  /** In bytes. */
  public int size(String key, int min, int max) {
    Matcher text = SIZE.matcher(node.path(key).asText());
    String expected = "a size such as 512, 64KiB or 1MiB, " + min + " to " + max + " bytes";
    if (!text.matches()) {
      reject(key, expected);
      return min;
    }
    long unit =
        switch (text.group(2)) {
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          default -> 1L;
        };
    long value = Long.parseLong(text.group(1)) * unit;
    if (value < min || value > max) {
      reject(key, expected);
      return min;
    }
    return (int) value;
  }

  /** Per second; 0 is no limit. */
  public int rate(String key) {
    String value = node.path(key).asText();
    Matcher text = RATE.matcher(value);
    if (text.matches()) {
      return Integer.parseInt(text.group(1));
    }
    if (!value.equals("0")) {
      reject(key, "a rate such as 5/s, or 0 for no limit");
    }
    return 0;
  }

  /** One of the options, by its name in the file. */
  public <T> T choice(String key, Map<String, T> options) {
    T value = options.get(node.path(key).asText());
    if (value == null) {
      reject(key, "one of " + String.join(", ", new LinkedHashMap<>(options).keySet()));
    }
    return value;
  }

  /** A list of texts. */
  public List<String> texts(String key) {
    return list(key, item -> item.isTextual() ? item.textValue() : null, "a list of texts");
  }

  /** A list whose items are sections of their own. */
  public List<ConfigNode> sections(String key) {
    List<ConfigNode> sections = new ArrayList<>();
    for (JsonNode item : items(key)) {
      sections.add(new ConfigNode(item, keyOf(key) + "[" + sections.size() + "]", problems));
    }
    return sections;
  }

  /** For an item of a list, which has no defaults that could be its schema. */
  public void allow(String... keys) {
    List<String> allowed = List.of(keys);
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!allowed.contains(key)) {
                reject(key, "one of the keys " + String.join(", ", keys));
              }
            });
  }

  public JsonNode node() {
    return node;
  }

  private <T> List<T> list(String key, Function<JsonNode, T> reader, String expected) {
    List<T> values = new ArrayList<>();
    for (JsonNode item : items(key)) {
      T value = reader.apply(item);
      if (value == null) {
        reject(key, expected);
        return List.of();
      }
      values.add(value);
    }
    return values;
  }

  private Iterable<JsonNode> items(String key) {
    JsonNode list = node.path(key);
    if (!list.isArray()) {
      reject(key, "a list");
      return List.of();
    }
    return list;
  }

  private int count(String key, int min, int max, String expected) {
    try {
      int value = Integer.parseInt(node.path(key).asText());
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Told below, as a number out of bounds is.
    }
    reject(key, expected);
    return min;
  }

  private static String shown(Duration duration) {
    long ms = duration.toMillis();
    return ms % 1000 == 0 ? ms / 1000 + "s" : ms + "ms";
  }
}

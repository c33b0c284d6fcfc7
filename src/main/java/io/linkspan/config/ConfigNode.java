package io.linkspan.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One section of the configuration, read with the types and bounds that its owner expects. A value
 * that does not fit is noted as a problem and replaced, and reading goes on, so that all problems
 * are reported at once.
 */
public final class ConfigNode {

  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,9})(|B|KiB|MiB|GiB)");
  private static final Pattern SHARE = Pattern.compile("\\d(?:\\.\\d{1,17})?(?:E-\\d)?");
  private static final Pattern RATE = Pattern.compile("(\\d{1,9})/s");
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final int MAX_PORT = 65_535;

  private final JsonNode node;
  private final String path;
  private final Problems problems;

  ConfigNode(JsonNode node, String path, Problems problems) {
    this.node = node;
    this.path = path;
    this.problems = problems;
  }

  /** Fails with every problem that was noted in this section and in all others. */
  public void throwIfRejected() throws ConfigException {
    problems.throwIfAny();
  }

  /** Returns a section within this one. */
  public ConfigNode section(String key) {
    return new ConfigNode(node.path(key), keyOf(key), problems);
  }

  /**
   * Returns this section laid over others, which are its schema as well. Later ones are laid over
   * earlier ones.
   */
  public ConfigNode over(ConfigNode... defaults) {
    ObjectNode whole = JsonNodeFactory.instance.objectNode();
    for (ConfigNode layer : defaults) {
      whole.setAll((ObjectNode) layer.node.deepCopy());
    }
    Layers.lay(node, whole, path, problems);
    return new ConfigNode(whole, path, problems);
  }

  /** Returns this section without some keys. */
  public ConfigNode without(String... keys) {
    ObjectNode rest = node.deepCopy();
    rest.remove(List.of(keys));
    return new ConfigNode(rest, path, problems);
  }

  /** Returns this section with one more key, which is empty. */
  public ConfigNode withEmpty(String key) {
    ObjectNode more = node.deepCopy();
    more.put(key, "");
    return new ConfigNode(more, path, problems);
  }

  public boolean has(String key) {
    return node.has(key);
  }

  /** Returns whether this is a section of keys and values. */
  public boolean isSection() {
    return node.isObject();
  }

  /** Returns the text that stands where a section could; null if there is none. */
  public String asText() {
    return node.isTextual() ? node.textValue() : null;
  }

  /** Returns all of this section as JSON. */
  public String asJson() {
    return node.toString();
  }

  /** Returns the full name of a key, or of the section itself when the key is empty. */
  public String keyOf(String key) {
    return path.isEmpty() || key.isEmpty() ? path + key : path + "." + key;
  }

  /** Notes a problem that only the owner can see, with a value that is not a secret. */
  public void reject(String key, String expected) {
    problems.add(keyOf(key), key.isEmpty() ? node : node.get(key), expected);
  }

  /** Notes a problem with a value that may be a secret, which is not shown. */
  public void rejectSecret(String key, String expected) {
    problems.addHidden(keyOf(key), expected);
  }

  /** Reads a text, which may be empty. */
  public String text(String key) {
    JsonNode value = node.path(key);
    if (!value.isTextual()) {
      reject(key, "text");
      return "";
    }
    return value.textValue();
  }

  /** Reads a text that no problem shows. */
  public String secret(String key) {
    JsonNode value = node.path(key);
    if (!value.isTextual()) {
      rejectSecret(key, "text");
      return "";
    }
    return value.textValue();
  }

  /** Reads a text that is not blank. */
  public String name(String key) {
    String value = text(key);
    if (node.path(key).isTextual() && value.isBlank()) {
      reject(key, "a name");
    }
    return value;
  }

  /** Reads the path of a file that exists, or an empty text. */
  public String file(String key) {
    String file = text(key);
    if (!file.isEmpty() && !new File(file).canRead()) {
      reject(key, "a file that can be read");
    }
    return file;
  }

  /** Reads a text or another single value as text. */
  public String scalar(String key) {
    return node.path(key).asText();
  }

  public boolean flag(String key) {
    String value = node.path(key).asText();
    if (!value.equals("true") && !value.equals("false")) {
      reject(key, "true or false");
    }
    return value.equals("true");
  }

  /** Reads one of two names and returns whether it is the first. */
  public boolean either(String key, String first, String second) {
    return Boolean.TRUE.equals(choice(key, Map.of(first, true, second, false)));
  }

  public int port(String key) {
    return count(key, 0, MAX_PORT, "a port, 0 to " + MAX_PORT);
  }

  /** Reads a whole number with a lower bound only. */
  public int count(String key, int min) {
    return count(key, min, Integer.MAX_VALUE);
  }

  public int count(String key, int min, int max) {
    return count(key, min, max, "a whole number, " + min + " to " + max);
  }

  /** Reads a share, 0 to 1. */
  public double share(String key) {
    String text = node.path(key).asText();
    if (!SHARE.matcher(text).matches() || Double.parseDouble(text) > 1) {
      reject(key, "a share such as 0.01, 0 to 1");
      return 0;
    }
    return Double.parseDouble(text);
  }

  /** Reads a duration of 1 ms to one day. */
  public Duration duration(String key) {
    return duration(key, SHORTEST, LONGEST);
  }

  /** Reads a duration of no time to one day. */
  public Duration durationOrZero(String key) {
    return duration(key, Duration.ZERO, LONGEST);
  }

  /** Reads a duration of up to one day. */
  public Duration duration(String key, Duration min) {
    return duration(key, min, LONGEST);
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

  /** Reads a duration of 1 ms to the one of another key, which is one day at most. */
  public Duration durationUpTo(String key, String bound) {
    Duration duration = duration(key);
    if (duration.compareTo(duration(bound)) > 0) {
      reject(key, "no more than " + keyOf(bound));
    }
    return duration;
  }

  /** Reads a number of bytes with a lower bound only. */
  public int size(String key, int min) {
    return size(key, min, Integer.MAX_VALUE);
  }

  /** Reads a number of bytes. */
  public int size(String key, int min, int max) {
    return (int) longSize(key, min, max);
  }

  /** Reads a number of bytes that may be more than 2 GiB. */
  public long longSize(String key, long min, long max) {
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
    return value;
  }

  /** Reads a number per second; 0 is no limit. */
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

  /** Reads one of the options by its name; null if it is none of them. */
  public <T> T choice(String key, Map<String, T> options) {
    T value = options.get(node.path(key).asText());
    if (value == null) {
      reject(key, "one of " + String.join(", ", new TreeSet<>(options.keySet())));
    }
    return value;
  }

  /** Reads a list of texts. */
  public List<String> texts(String key) {
    List<String> texts = textsIn(node.path(key));
    if (texts == null) {
      reject(key, "a list of texts");
      return List.of();
    }
    return texts;
  }

  /** Reads a list of texts or numbers, each as text. */
  public List<String> scalars(String key) {
    List<String> scalars = new ArrayList<>();
    for (JsonNode item : node.path(key)) {
      scalars.add(item.asText());
    }
    return scalars;
  }

  /** Reads a list of texts that no problem shows. */
  public List<String> secrets(String key) {
    List<String> texts = textsIn(node.path(key));
    if (texts == null) {
      rejectSecret(key, "a list of texts");
      return List.of();
    }
    return texts;
  }

  /** Reads a list whose items are sections of their own. */
  public List<ConfigNode> sections(String key) {
    List<ConfigNode> sections = new ArrayList<>();
    JsonNode list = node.path(key);
    if (!list.isArray()) {
      rejectSecret(key, "a list");
      return sections;
    }
    for (JsonNode item : list) {
      sections.add(new ConfigNode(item, keyOf(key) + "[" + sections.size() + "]", problems));
    }
    return sections;
  }

  /** Rejects all keys but these, in an item of a list, which has no defaults as its schema. */
  public void allow(String... keys) {
    List<String> allowed = List.of(keys);
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!allowed.contains(key)) {
                rejectSecret(key, "one of the keys " + String.join(", ", keys));
              }
            });
  }

  /** Returns the items of a list of texts; null if it is not one. */
  private static List<String> textsIn(JsonNode list) {
    List<String> texts = new ArrayList<>();
    for (JsonNode item : list) {
      texts.add(item.textValue());
    }
    return list.isArray() && !texts.contains(null) ? texts : null;
  }

  private int count(String key, int min, int max, String expected) {
    try {
      int value = Integer.parseInt(node.path(key).asText());
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // Rejected below, as a number out of bounds is.
    }
    reject(key, expected);
    return min;
  }

  private static String shown(Duration duration) {
    long ms = duration.toMillis();
    return ms % 1000 == 0 ? ms / 1000 + "s" : ms + "ms";
  }
}

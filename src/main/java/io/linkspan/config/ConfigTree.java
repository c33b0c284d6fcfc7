package io.linkspan.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.linkspan.config.ConfigValue.Source;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads the configuration as a tree: the defaults in the jar, a file laid over them, the
 * environment laid over both. The defaults are also the schema: a key that they do not have is a
 * problem.
 */
public final class ConfigTree {

  private static final String DEFAULTS = "/linkspan.yaml";
  private static final String ENV_PREFIX = "LINKSPAN_";

  /** Variables of Kubernetes for services whose names begin with linkspan, as NAME=VALUE. */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          "LINKSPAN_(\\w+_)?(SERVICE_HOST=.*|SERVICE_PORT(_\\w+)?=.*|PORT(_\\d+_\\w+)?=\\w+://.*"
              + "|PORT_\\d+_(TCP|UDP)_(PROTO|PORT|ADDR)=.*)");

  private final Path file;
  private final Map<String, String> environment;

  /** How often the file was read before. */
  private final int generation;

  private final Instant readAt = Instant.now();
  private final ObjectNode root;
  private final Problems problems;

  /** From which layer each value is that is not a default. */
  private final Map<String, Source> sources;

  private ConfigTree(Path file, Map<String, String> environment, int generation) {
    this.file = file;
    this.environment = Map.copyOf(environment);
    this.generation = generation;
    root = defaults();
    problems = new Problems();
    sources = new HashMap<>();
  }

  private ConfigTree(ConfigTree original) {
    file = original.file;
    environment = original.environment;
    generation = original.generation;
    root = original.root.deepCopy();
    problems = original.problems.withoutLines();
    sources = new HashMap<>(original.sources);
  }

  /**
   * Reads everything.
   *
   * @param file laid over the defaults; null for none
   * @param environment of which the variables that begin with LINKSPAN_ are laid over both
   * @return the root, in which unknown keys and a file that is not YAML are problems already
   */
  public static ConfigNode load(Path file, Map<String, String> environment) {
    return read(file, environment).root();
  }

  /** Reads everything as {@link #load} does, and returns the whole tree. */
  public static ConfigTree read(Path file, Map<String, String> environment) {
    return read(file, environment, 0);
  }

  private static ConfigTree read(Path file, Map<String, String> environment, int generation) {
    ConfigTree tree = new ConfigTree(file, environment, generation);
    if (file != null) {
      JsonNode layer = YamlFile.read(file, tree.problems);
      Layers.lay(layer, tree.root, "", tree.problems);
      tree.leaves().keySet().stream()
          .filter(key -> !layer.at(pointer(key)).isMissingNode())
          .forEach(key -> tree.sources.put(key, Source.FILE));
    }
    tree.overlay(tree.environment);
    return tree;
  }

  /** Reads the same file and environment again. */
  public ConfigTree readAgain() {
    return read(file, environment, generation + 1);
  }

  /** Returns the root. All problems that reading it finds are collected in this tree. */
  public ConfigNode root() {
    return new ConfigNode(root, "", problems);
  }

  /** Returns the file that is laid over the defaults; null for none. */
  public Path file() {
    return file;
  }

  /** Returns how often {@link #readAgain} has led to this tree. */
  public int generation() {
    return generation;
  }

  /** Returns when the tree was read. */
  public Instant readAt() {
    return readAt;
  }

  /** Returns the values of all keys, in the order of the defaults. A list is one value. */
  public List<ConfigValue> values() {
    List<ConfigValue> values = new ArrayList<>();
    leaves()
        .forEach(
            (key, value) ->
                values.add(
                    new ConfigValue(
                        key, value.toString(), sources.getOrDefault(key, Source.DEFAULT))));
    return values;
  }

  /** Returns the keys whose values differ from those of another tree, in order. */
  public List<String> differencesFrom(ConfigTree other) {
    Map<String, JsonNode> others = other.leaves();
    List<String> keys = new ArrayList<>();
    leaves()
        .forEach(
            (key, value) -> {
              if (!isSame(value, others.get(key))) {
                keys.add(key);
              }
            });
    return keys;
  }

  /** Variables are texts, and a file has numbers and flags. */
  private static boolean isSame(JsonNode one, JsonNode other) {
    return (one.isValueNode() && other.isValueNode())
        ? one.asText().equals(other.asText())
        : one.equals(other);
  }

  /** Returns this tree with the values that some keys have in another one. */
  public ConfigTree with(ConfigTree other, Collection<String> keys) {
    ConfigTree mixed = new ConfigTree(this);
    Map<String, JsonNode> values = other.leaves();
    for (String key : keys) {
      int end = key.lastIndexOf('.');
      ObjectNode section =
          end < 0 ? mixed.root : (ObjectNode) mixed.root.at(pointer(key.substring(0, end)));
      section.set(key.substring(end + 1), values.get(key));
      mixed.problems.copyOrigin(key, other.problems);
      Source source = other.sources.get(key);
      if (source == null) {
        mixed.sources.remove(key);
      } else {
        mixed.sources.put(key, source);
      }
    }
    return mixed;
  }

  private Map<String, JsonNode> leaves() {
    Map<String, JsonNode> leaves = new LinkedHashMap<>();
    collect(root, "", leaves);
    return leaves;
  }

  private static void collect(JsonNode section, String path, Map<String, JsonNode> leaves) {
    section
        .properties()
        .forEach(
            entry -> {
              String key = path + entry.getKey();
              if (entry.getValue().isObject()) {
                collect(entry.getValue(), key + ".", leaves);
              } else {
                leaves.put(key, entry.getValue());
              }
            });
  }

  private static String pointer(String key) {
    return "/" + key.replace('.', '/');
  }

  private static ObjectNode defaults() {
    try (InputStream yaml = ConfigTree.class.getResourceAsStream(DEFAULTS)) {
      return (ObjectNode) YamlFile.read(yaml);
    } catch (IOException e) {
      throw new UncheckedIOException("the defaults are part of the jar", e);
    }
  }

  private void overlay(Map<String, String> environment) {
    Set<String> known = new HashSet<>();
    overlay(root, "", ENV_PREFIX, environment, known);
    environment.keySet().stream()
        .filter(name -> name.startsWith(ENV_PREFIX) && !known.contains(name))
        .filter(name -> !SERVICE_LINK.matcher(name + "=" + environment.get(name)).matches())
        .sorted()
        .forEach(
            name ->
                problems.add(
                    "environment variable "
                        + name
                        + ": expected the name of a key, such as LINKSPAN_HTTP_PORT"));
  }

  private void overlay(
      ObjectNode onto,
      String path,
      String prefix,
      Map<String, String> environment,
      Set<String> known) {
    for (Map.Entry<String, JsonNode> entry : List.copyOf(onto.properties())) {
      String name = prefix + entry.getKey().toUpperCase(Locale.ROOT);
      String key = path + entry.getKey();
      if (entry.getValue().isObject()) {
        overlay((ObjectNode) entry.getValue(), key + ".", name + "_", environment, known);
        continue;
      }
      known.add(name);
      String value = environment.get(name);
      // Kubernetes sets LINKSPAN_ENET_PORT=udp://… for a service that is called linkspan-enet.
      if (value != null && !SERVICE_LINK.matcher(name + "=" + value).matches()) {
        problems.setOrigin(key, name);
        sources.put(key, Source.ENVIRONMENT);
        onto.set(entry.getKey(), entry.getValue().isArray() ? list(value) : new TextNode(value));
      }
    }
  }

  private static ArrayNode list(String value) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    if (!value.isBlank()) {
      for (String item : value.split(",", -1)) {
        list.add(item.strip());
      }
    }
    return list;
  }
}

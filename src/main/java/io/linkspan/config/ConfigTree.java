package io.linkspan.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The configuration as a tree: the defaults in the jar, a file laid over them, the environment laid
 * over both. The defaults are also the schema: a key they do not have is an error.
 */
public final class ConfigTree {

  private static final String DEFAULTS = "/linkspan.yaml";
  private static final String ENV_PREFIX = "LINKSPAN_";

  /** What Kubernetes adds for services whose names begin with linkspan, as NAME=VALUE. */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          "LINKSPAN_(\\w+_)?(SERVICE_HOST=.*|SERVICE_PORT(_\\w+)?=.*|PORT(_\\d+_\\w+)?=\\w+://.*"
              + "|PORT_\\d+_(TCP|UDP)_(PROTO|PORT|ADDR)=.*)");

  private static final ObjectMapper YAML =
      new YAMLMapper(
          YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

  private final ObjectNode root = defaults();
  private final List<String> problems = new ArrayList<>();

  private ConfigTree() {}

  /**
   * Reads everything.
   *
   * @param file laid over the defaults; null is none
   * @param environment of which the variables that begin with LINKSPAN_ are laid over both
   * @throws ConfigException when something is unknown or is no YAML
   */
  public static ObjectNode load(Path file, Map<String, String> environment) throws ConfigException {
    ConfigTree tree = new ConfigTree();
    if (file != null) {
      overlay(tree.root, tree.read(file), "", tree.problems);
    }
    tree.overlay(environment);
    if (!tree.problems.isEmpty()) {
      throw new ConfigException(tree.problems);
    }
    return tree.root;
  }

  private static ObjectNode defaults() {
    try (InputStream yaml = ConfigTree.class.getResourceAsStream(DEFAULTS)) {
      return (ObjectNode) YAML.readTree(yaml);
    } catch (IOException e) {
      throw new UncheckedIOException("the defaults are part of the jar", e);
    }
  }

  private JsonNode read(Path file) {
    try {
      return YAML.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      String where = e.getLocation() == null ? "" : ":" + e.getLocation().getLineNr();
      problems.add(file + where + ": not valid YAML: " + e.getOriginalMessage());
    } catch (IOException e) {
      problems.add(file + ": can not be read: " + e);
    }
    return YAML.createObjectNode();
  }

  /**
   * Lays keys and values over others, which are their schema.
   *
   * @param path of both, for the problems that are noted
   */
  static void overlay(ObjectNode onto, JsonNode layer, String path, List<String> problems) {
    if (layer.isMissingNode() || layer.isNull()) {
      return;
    }
    if (!layer.isObject()) {
      problems.add(ConfigNode.problem(path, layer, "keys and values"));
      return;
    }
    layer
        .properties()
        .forEach(
            entry -> {
              String key = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
              JsonNode known = onto.get(entry.getKey());
              if (known == null) {
                problems.add(unknown(key, entry.getValue(), onto));
              } else if (known.isObject()) {
                overlay((ObjectNode) known, entry.getValue(), key, problems);
              } else {
                onto.set(entry.getKey(), entry.getValue());
              }
            });
  }

  private static String unknown(String key, JsonNode value, ObjectNode siblings) {
    List<String> names = new ArrayList<>();
    siblings.fieldNames().forEachRemaining(names::add);
    return ConfigNode.problem(key, value, "one of the keys " + String.join(", ", names));
  }

  private void overlay(Map<String, String> environment) {
    Set<String> known = new HashSet<>();
    overlay(root, ENV_PREFIX, environment, known);
    environment.keySet().stream()
        .filter(name -> name.startsWith(ENV_PREFIX) && !known.contains(name))
        .filter(name -> !SERVICE_LINK.matcher(name + "=" + environment.get(name)).matches())
        .sorted()
        .forEach(
            name ->
                problems.add(
                    "environment variable "
                        + name
                        + ": \""
                        + environment.get(name)
                        + "\": expected the name of a key, such as LINKSPAN_HTTP_PORT"));
  }

  private void overlay(
      ObjectNode onto, String prefix, Map<String, String> environment, Set<String> known) {
    for (Map.Entry<String, JsonNode> entry : List.copyOf(onto.properties())) {
      String name = prefix + entry.getKey().toUpperCase(Locale.ROOT);
      if (entry.getValue().isObject()) {
        overlay((ObjectNode) entry.getValue(), name + "_", environment, known);
        continue;
      }
      known.add(name);
      String value = environment.get(name);
      // Kubernetes sets LINKSPAN_ENET_PORT=udp://… for a service that is called linkspan-enet.
      if (value != null && !SERVICE_LINK.matcher(name + "=" + value).matches()) {
        onto.set(
            entry.getKey(),
            entry.getValue().isArray() ? list(value) : YAML.getNodeFactory().textNode(value));
      }
    }
  }

  private static ArrayNode list(String value) {
    ArrayNode list = YAML.createArrayNode();
    if (!value.isBlank()) {
      for (String item : value.split(",", -1)) {
        list.add(item.strip());
      }
    }
    return list;
  }
}

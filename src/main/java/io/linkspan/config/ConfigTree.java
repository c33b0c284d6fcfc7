package io.linkspan.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashSet;
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

  private final ObjectNode root = defaults();
  private final Problems problems = new Problems();

  private ConfigTree() {}

  /**
   * Reads everything.
   *
   * @param file laid over the defaults; null for none
   * @param environment of which the variables that begin with LINKSPAN_ are laid over both
   * @return the root, in which unknown keys and a file that is not YAML are problems already
   */
  public static ConfigNode load(Path file, Map<String, String> environment) {
    ConfigTree tree = new ConfigTree();
    if (file != null) {
      Layers.lay(YamlFile.read(file, tree.problems), tree.root, "", tree.problems);
    }
    tree.overlay(environment);
    return new ConfigNode(tree.root, "", tree.problems);
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

package io.linkspan.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/** Lays one layer of the configuration over another, which is its schema as well. */
final class Layers {

  private Layers() {}

  /**
   * Lays keys and values over others; a key that they do not have is a problem.
   *
   * @param path of both, for the problems
   */
  static void lay(JsonNode layer, ObjectNode onto, String path, Problems problems) {
    if (layer.isMissingNode() || layer.isNull()) {
      return;
    }
    if (!layer.isObject()) {
      problems.addHidden(path, "keys and values");
      return;
    }
    layer
        .properties()
        .forEach(
            entry -> {
              String key = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
              JsonNode known = onto.get(entry.getKey());
              if (known == null) {
                problems.addHidden(key, "one of the keys " + keysOf(onto));
              } else if (known.isObject()) {
                lay(entry.getValue(), (ObjectNode) known, key, problems);
              } else {
                onto.set(entry.getKey(), entry.getValue());
              }
            });
  }

  private static String keysOf(ObjectNode section) {
    List<String> names = new ArrayList<>();
    section.fieldNames().forEachRemaining(names::add);
    return String.join(", ", names);
  }
}

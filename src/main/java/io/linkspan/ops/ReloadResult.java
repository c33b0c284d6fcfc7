package io.linkspan.ops;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;

/**
 * The outcome of a reload of the configuration.
 *
 * @param changed keys whose changes are in force
 * @param restart keys that differ from those in force and need a restart
 */
public record ReloadResult(List<String> changed, List<String> restart) {

  JsonObject toJson() {
    return new JsonObject()
        .put("changed", new JsonArray(changed))
        .put("restart", new JsonArray(restart));
  }
}

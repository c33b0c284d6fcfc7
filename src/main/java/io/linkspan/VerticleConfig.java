package io.linkspan;

import io.linkspan.config.ConfigNode;
import io.vertx.core.Deployable;
import io.vertx.core.json.JsonObject;

/**
 * Names a class to deploy beside the gateway.
 *
 * @param config returned by its {@code config()}
 */
public record VerticleConfig(String className, int instances, JsonObject config) {

  private static final int MAX_INSTANCES = 1024;

  /** Reads one item of the list of verticles. */
  static VerticleConfig read(ConfigNode verticle) {
    String className = verticle.asText();
    if (className != null) {
      requireVerticle(verticle, "", className);
      return new VerticleConfig(className, 1, new JsonObject());
    }
    if (!verticle.isSection()) {
      verticle.reject("", "a class name, or {class, instances, config}");
      return new VerticleConfig("", 1, new JsonObject());
    }
    verticle.allow("class", "instances", "config");
    className = verticle.name("class");
    requireVerticle(verticle, "class", className);
    return new VerticleConfig(
        className,
        verticle.has("instances") ? verticle.count("instances", 1, MAX_INSTANCES) : 1,
        verticle.has("config") ? config(verticle) : new JsonObject());
  }

  private static JsonObject config(ConfigNode verticle) {
    ConfigNode config = verticle.section("config");
    if (!config.isSection()) {
      verticle.rejectSecret("config", "keys and values");
      return new JsonObject();
    }
    return new JsonObject(config.asJson());
  }

  private static void requireVerticle(ConfigNode section, String key, String className) {
    try {
      Class<?> type = Class.forName(className, false, VerticleConfig.class.getClassLoader());
      if (!Deployable.class.isAssignableFrom(type)) {
        section.reject(key, "a class that is a Vert.x verticle");
      }
    } catch (ClassNotFoundException e) {
      section.reject(key, "a class on the class path");
    }
  }
}

package io.linkspan.ops;

import io.linkspan.config.ConfigException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** Shows and reloads the configuration by the HTTP API. */
final class ConfigurationApi {

  /** RFC 9110, section 15.5.21: understood, and cannot be carried out. */
  private static final int UNPROCESSABLE = 422;

  private final Configuration configuration;

  ConfigurationApi(Configuration configuration) {
    this.configuration = configuration;
  }

  void addTo(Router router) {
    router.get("/v1/config").handler(request -> request.json(configuration.values()));
    router.get("/v1/routes").handler(request -> request.json(configuration.routes()));
    router.post("/v1/reload").handler(this::reload);
  }

  private void reload(RoutingContext request) {
    configuration
        .reload()
        .onComplete(
            result -> request.json(result.toJson()),
            failure -> {
              if (failure instanceof ConfigException e) {
                refuse(request, e);
              } else {
                Refusal.send(request, failure);
              }
            });
  }

  private static void refuse(RoutingContext request, ConfigException why) {
    request.response().setStatusCode(UNPROCESSABLE);
    request.json(
        new JsonObject()
            .put("code", "invalid-configuration")
            .put("message", "the configuration cannot be used, and nothing was changed")
            .put("problems", new JsonArray(why.problems())));
  }
}

package io.linkspan;

import io.linkspan.config.ConfigTree;
import io.linkspan.config.ConfigValue;
import io.linkspan.routing.Route;
import io.linkspan.routing.RoutingTable;
import io.linkspan.upstream.UpstreamConfig;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Pattern;

/** Describes the configuration in force for operators, without its secrets. */
final class ConfigReport {

  /** Stands for a secret that is set. */
  static final String MASK = "•••";

  /** Names of keys whose values are secrets, wherever they are. */
  private static final Set<String> SECRETS = Set.of("apiKey", "secret", "previousSecret");

  /** A shared secret, or a public key. */
  private static final String TOKEN_KEY = "auth.jwt.key";

  private static final Pattern URL_QUERY = Pattern.compile("(?<=\\?).+");
  private static final Pattern HEADER_VALUE = Pattern.compile("(?<=[:=])\\s*\\S.*", Pattern.DOTALL);

  private ConfigReport() {}

  /** Returns the values of all keys, with the layer that each is from. */
  static JsonObject values(GatewayConfig config) {
    ConfigTree tree = config.tree();
    JsonArray values = new JsonArray();
    for (ConfigValue value : tree.values()) {
      values.add(
          new JsonObject()
              .put("key", value.key())
              .put("value", masked(value))
              .put("source", value.source().label())
              .put("live", ReloadableKeys.contains(value.key())));
    }
    return new JsonObject()
        .put("file", tree.file() == null ? null : tree.file().toString())
        .put("loadedAt", tree.readAt().toString())
        .put("values", values);
  }

  private static Object masked(ConfigValue value) {
    Object decoded = Json.decodeValue(value.json());
    if (value.key().equals(TOKEN_KEY)) {
      return hidden(decoded);
    }
    String name = value.key().substring(value.key().lastIndexOf('.') + 1);
    return masked(name, decoded);
  }

  /** Returns a value without the secrets in it. */
  private static Object masked(String name, Object value) {
    if (SECRETS.contains(name)) {
      return hidden(value);
    }
    if (name.equals("config")) {
      // Settings of a class of the operator's own, in which anything may be secret.
      return each(value, (key, one) -> hidden(one));
    }
    if (value instanceof String text) {
      return text.startsWith("http") ? withoutQuery(text) : text;
    }
    if (name.equals("headers") && value instanceof JsonArray headers) {
      return new JsonArray(headers.stream().map(ConfigReport::withoutValue).toList());
    }
    return each(value, ConfigReport::masked);
  }

  /** Returns a section or list with each of its values changed; anything else as it is. */
  private static Object each(Object value, BiFunction<String, Object, Object> change) {
    if (value instanceof JsonObject section) {
      JsonObject changed = new JsonObject();
      for (Map.Entry<String, Object> entry : section) {
        changed.put(entry.getKey(), change.apply(entry.getKey(), entry.getValue()));
      }
      return changed;
    }
    if (value instanceof JsonArray list) {
      JsonArray changed = new JsonArray();
      list.forEach(item -> changed.add(change.apply("", item)));
      return changed;
    }
    return value;
  }

  private static Object hidden(Object value) {
    return value == null || value.equals("") ? value : MASK;
  }

  /** A header is a name, or a name and a value behind a colon or an equals sign. */
  private static Object withoutValue(Object header) {
    return header instanceof String text ? HEADER_VALUE.matcher(text).replaceFirst(MASK) : header;
  }

  /** Hides the query of a URL; no URL of the configuration has a user. */
  private static String withoutQuery(String url) {
    return URL_QUERY.matcher(url).replaceAll(MASK);
  }

  /** Returns the routes of a node with their hits. */
  static JsonObject routes(String node, RoutingTable table, List<UpstreamConfig> upstreams) {
    JsonArray routes = new JsonArray();
    for (RoutingTable.Entry entry : table.entries()) {
      Route route = entry.route();
      JsonObject described = new JsonObject().put("index", routes.size());
      if (route.to() != null) {
        described.put("to", route.to().text());
      }
      if (route.type() != null) {
        described.put("type", route.type().text());
      }
      if (route.destination() instanceof Route.Clients to && to.slow() != null) {
        described.put("slow", to.slow().label());
      }
      if (route.destination() instanceof Route.Clients to && !to.keptFor().isZero()) {
        described.put("mailboxMs", to.keptFor().toMillis());
      }
      if (route.destination() instanceof Route.Clients to && !to.history().isZero()) {
        described.put("historyMs", to.history().toMillis());
      }
      if (route.destination() instanceof Route.Bus to && !to.keepStream().isZero()) {
        described.put("keepStreamMs", to.keepStream().toMillis());
      }
      routes.add(
          described
              .put("target", target(route.destination(), upstreams))
              .put(
                  "volatile",
                  route.destination() instanceof Route.Clients clients && clients.isVolatile())
              .put("hits", entry.hits()));
    }
    return new JsonObject()
        .put("node", node)
        .put("routes", routes)
        .put("unrouted", table.unrouted());
  }

  private static String target(Route.Destination destination, List<UpstreamConfig> upstreams) {
    if (!(destination instanceof Route.Bus bus)) {
      return "clients";
    }
    for (UpstreamConfig upstream : upstreams) {
      if (upstream.address().equals(bus.address())) {
        return withoutQuery(upstream.backend().target());
      }
    }
    return "bus " + bus.address();
  }
}

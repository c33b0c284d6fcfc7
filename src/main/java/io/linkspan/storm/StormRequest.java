package io.linkspan.storm;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.config.Hosts;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Set;

/**
 * A storm that an operator asks for over the HTTP API. Each problem is {@code malformed}.
 *
 * @param quietSeconds the good clients run alone for so long before it
 */
record StormRequest(StormPlan plan, int quietSeconds) {

  private static final Set<String> FIELDS =
      Set.of("kind", "clients", "good", "addresses", "seconds", "quietSeconds", "target");
  private static final int MAX_QUIET = 60;

  /**
   * Reads the body of a request.
   *
   * @param ownTarget URL of this gateway; null when it has none that a storm can use
   * @param managementPort cannot be the target
   */
  static StormRequest read(
      JsonObject body, StormConfig config, String ownTarget, int managementPort) {
    for (String name : body.fieldNames()) {
      require(FIELDS.contains(name), name + " is not a field of a storm");
    }
    try {
      var plan =
          StormPlan.of(
              target(text(body, "target", ownTarget)),
              StormKind.of(text(body, "kind", "")),
              number(body, "clients", Math.min(200, config.maxClients()), 1, config.maxClients()),
              number(body, "good", Math.min(20, config.maxClients()), 0, config.maxClients()),
              number(body, "addresses", 250, 1, StormPlan.MAX_ADDRESSES),
              Duration.ofSeconds(
                  number(
                      body, "seconds", Math.min(30, config.maxSeconds()), 1, config.maxSeconds())));
      require(
          plan.target().getPort() != managementPort, "the target must not be the management port");
      return new StormRequest(plan, number(body, "quietSeconds", 5, 0, MAX_QUIET));
    } catch (IllegalArgumentException e) {
      throw malformed(e.getMessage());
    }
  }

  private static URI target(String url) {
    require(
        url != null,
        "a storm cannot use TLS, and http.tls is on: name a target on loopback without TLS");
    try {
      var target = new URI(url);
      require(
          target.getHost() != null && Hosts.isLoopback(target.getHost()),
          "the target must be on loopback, such as ws://127.0.0.1:8080/ws");
      return target;
    } catch (URISyntaxException e) {
      throw malformed("the target is not a URL");
    }
  }

  private static String text(JsonObject body, String name, String usual) {
    Object value = body.getValue(name);
    require(value == null || value instanceof String, name + " must be a text");
    return value == null || ((String) value).isEmpty() ? usual : (String) value;
  }

  private static int number(JsonObject body, String name, int usual, int min, int max) {
    Object value = body.getValue(name);
    if (value == null) {
      return usual;
    }
    require(
        value instanceof Integer number && number >= min && number <= max,
        name + " must be " + min + " to " + max);
    return (Integer) value;
  }

  private static void require(boolean holds, String text) {
    if (!holds) {
      throw malformed(text);
    }
  }

  private static MessageException malformed(String text) {
    return new MessageException(ErrorCode.MALFORMED, text);
  }
}

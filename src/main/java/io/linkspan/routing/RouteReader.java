package io.linkspan.routing;

import io.linkspan.api.SlowPolicy;
import io.linkspan.config.ConfigNode;
import io.linkspan.translate.MethodTranslator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads the section {@code routes}. */
public final class RouteReader {

  /**
   * The address of a service that is not on the bus.
   *
   * @param address on the bus of this node
   * @param longest time until a Message for it has an outcome
   */
  public record Upstream(String address, Duration longest) {}

  /** Reads the part of a route that describes a service that is not on the bus. */
  public interface UpstreamSection {

    /**
     * Reads the section of a service within a route.
     *
     * @param kind of service: the key of the section
     * @param name of the service in metrics and logs
     */
    Upstream read(ConfigNode route, String kind, String name);
  }

  private static final Map<String, SlowPolicy> POLICIES =
      Arrays.stream(SlowPolicy.values()).collect(Collectors.toMap(SlowPolicy::label, p -> p));

  private final UpstreamSection services;
  private final List<Route> routes = new ArrayList<>();

  /** The key of the route that has each name. */
  private final Map<String, String> names = new HashMap<>();

  private RouteReader(UpstreamSection services) {
    this.services = services;
  }

  /** Reads all routes, in their order. */
  public static List<Route> read(List<ConfigNode> routes, UpstreamSection services) {
    RouteReader reader = new RouteReader(services);
    routes.forEach(reader::read);
    return reader.routes;
  }

  private void read(ConfigNode route) {
    if (!route.isSection()) {
      route.reject("", "a route such as {to: \"user:*\"}");
      return;
    }
    route.allow(
        "to",
        "type",
        "bus",
        "ack",
        "volatile",
        "mailbox",
        "history",
        "http",
        "tcp",
        "hold",
        "keepStream",
        "slow",
        "key");
    String to = route.has("to") ? route.text("to") : null;
    String type = route.has("type") ? route.text("type") : null;
    routes.add(
        new Route(
            to == null ? null : Glob.of(to),
            type == null ? null : Glob.of(type),
            destination(route, to, type)));
  }

  private Route.Destination destination(ConfigNode route, String to, String type) {
    if (route.has("http")) {
      if (route.has("tcp")) {
        route.reject("tcp", "to be used without http only");
      }
      return upstream(route, "http", to, type);
    }
    if (route.has("tcp")) {
      if (route.has("keepStream")) {
        route.reject("keepStream", "to be used with bus or http only");
      }
      return upstream(route, "tcp", to, type);
    }
    if (route.has("hold")) {
      route.reject("hold", "to be used with http or tcp only");
    }
    if (route.has("bus")) {
      rejectOptionsOfClients(route, "bus");
      String address = route.name("bus");
      return new Route.Bus(address, address, acceptedIsEnough(route), null, keepStream(route));
    }
    if (MethodTranslator.TYPE.equals(type)) {
      // Its "to" is a channel, even if it looks like a user.
      route.reject("type", "to be used with bus or http only, where it is method");
    }
    return clients(route, to);
  }

  private Route.Destination upstream(ConfigNode route, String kind, String to, String type) {
    rejectOptionsOfClients(route, kind);
    if (route.has("bus")) {
      route.reject("bus", "to be used without " + kind + " only");
    }
    boolean acceptedIsEnough = acceptedIsEnough(route);
    if (acceptedIsEnough && route.has("hold")) {
      route.reject(
          "ack", "reply, as with hold a message is acknowledged only when it is delivered");
    }
    String name = uniqueName(route, to, type);
    Upstream upstream = services.read(route, kind, name);
    return new Route.Bus(
        upstream.address(), name, acceptedIsEnough, upstream.longest(), keepStream(route));
  }

  /** Returns the description of what the route matches; two routes must not match the same. */
  private String uniqueName(ConfigNode route, String to, String type) {
    String name =
        type == null ? to == null ? "*" : to : (to == null ? "" : to + " ") + "type " + type;
    String earlier = names.putIfAbsent(name, route.keyOf(""));
    if (earlier != null) {
      route.reject("", "to match something that " + earlier + " does not match");
    }
    return name;
  }

  private static boolean acceptedIsEnough(ConfigNode route) {
    return route.has("ack") && route.either("ack", "accepted", "reply");
  }

  private static Duration keepStream(ConfigNode route) {
    return route.has("keepStream")
        ? route.duration("keepStream", Duration.ofSeconds(1))
        : Duration.ZERO;
  }

  private static void rejectOptionsOfClients(ConfigNode route, String kind) {
    for (String option : List.of("volatile", "slow", "key", "mailbox", "history")) {
      if (route.has(option)) {
        route.reject(option, "to be used without " + kind + " only");
      }
    }
  }

  private static Route.Destination clients(ConfigNode route, String to) {
    if (route.has("ack")) {
      route.reject("ack", "to be used with bus, http or tcp only");
    }
    if (route.has("keepStream")) {
      route.reject("keepStream", "to be used with bus or http only");
    }
    boolean namesClients =
        to != null
            && (to.startsWith(Recipient.Kind.USER.prefix())
                || to.startsWith(Recipient.Kind.GROUP.prefix())
                || to.startsWith(Recipient.Kind.SESSION.prefix()));
    if (!namesClients) {
      route.reject(
          "to", "user:, group: or session: with a pattern, as there is no bus, http or tcp");
    }
    boolean isVolatile = route.has("volatile") && route.flag("volatile");
    return new Route.Clients(
        isVolatile,
        slow(route),
        key(route),
        keptFor(route, to, isVolatile),
        history(route, to, isVolatile));
  }

  private static SlowPolicy slow(ConfigNode route) {
    if (!route.has("slow")) {
      return null;
    }
    if (route.has("volatile")) {
      route.reject("slow", "to be used without volatile only");
    }
    return route.choice("slow", POLICIES);
  }

  private static String key(ConfigNode route) {
    if (!route.has("key")) {
      return null;
    }
    if (!route.has("slow") || route.choice("slow", POLICIES) != SlowPolicy.LATEST) {
      route.reject("key", "to be used with slow: latest only");
    }
    return route.name("key");
  }

  private static Duration keptFor(ConfigNode route, String to, boolean isVolatile) {
    if (!route.has("mailbox")) {
      return Duration.ZERO;
    }
    if (isVolatile
        || route.has("slow")
        || to == null
        || !to.startsWith(Recipient.Kind.USER.prefix())) {
      route.reject("mailbox", "to be used with a user:, and without volatile and slow, only");
    }
    return route.duration("mailbox", Duration.ofSeconds(1));
  }

  private static Duration history(ConfigNode route, String to, boolean isVolatile) {
    if (!route.has("history")) {
      return Duration.ZERO;
    }
    if (isVolatile || to == null || !to.startsWith(Recipient.Kind.GROUP.prefix())) {
      route.reject("history", "to be used with a group:, and without volatile, only");
    }
    return route.duration("history", Duration.ofSeconds(1));
  }
}

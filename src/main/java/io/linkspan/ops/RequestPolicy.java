package io.linkspan.ops;

import io.linkspan.admission.Origins;
import io.linkspan.listener.AddressRange;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Refuses requests that a web page of another site makes a browser send: those whose Host is a name
 * that somebody else can let point to this machine (DNS rebinding), those from another origin, and
 * bodies of a type that a browser sends without asking first.
 */
final class RequestPolicy {

  /** A host, bracketed when it is an IPv6 address, and perhaps a port. */
  private static final Pattern HOST =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]{2,45})]|([^:\\[\\]]{1,253}))(?::\\d{0,5})?");

  private static final Pattern JSON =
      Pattern.compile("application/json\\s*(?:;.*)?", Pattern.CASE_INSENSITIVE);

  private static final String LOCALHOST = "localhost";
  private static final String SEC_FETCH_SITE = "Sec-Fetch-Site";
  private static final Set<String> OWN_SITE = Set.of("same-origin", "none");
  private static final String ALL = "*";

  private final Supplier<List<String>> hosts;
  private final Origins origins = new Origins(List.of(), false);

  /**
   * @param hosts names in the Host header, beside localhost and addresses; {@code *.example} allows
   *     the names below it, {@code *} all; in lower case; can change
   */
  RequestPolicy(Supplier<List<String>> hosts) {
    this.hosts = hosts;
  }

  /** Refuses a request, or passes it on. */
  void check(RoutingContext context) {
    HttpServerRequest request = context.request();
    String host = request.getHeader(HttpHeaders.HOST);
    String site = request.getHeader(SEC_FETCH_SITE);
    if (host != null && !isOwn(host)) {
      Refusal.send(context, 403, "forbidden", "this Host is not in management.hosts");
    } else if (!origins.allow(request.getHeader(HttpHeaders.ORIGIN), host)
        || (site != null && !OWN_SITE.contains(site))) {
      Refusal.send(context, 403, "forbidden", "web pages of other sites have no access");
    } else if (hasBody(request) && !isJson(request.getHeader(HttpHeaders.CONTENT_TYPE))) {
      Refusal.send(
          context, 415, "unsupported-media-type", "the Content-Type must be application/json");
    } else if (!hasPath(context)) {
      Refusal.send(context, 400, "malformed", "the path cannot be decoded");
    } else {
      context.next();
    }
  }

  /** Returns whether the escapes of the path are valid; routes would fail with it otherwise. */
  private static boolean hasPath(RoutingContext context) {
    try {
      return context.normalizedPath() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private boolean isOwn(String host) {
    Matcher parts = HOST.matcher(host);
    if (hosts.get().contains(ALL)) {
      return true;
    }
    if (!parts.matches()) {
      return false;
    }
    if (parts.group(1) != null) {
      return AddressRange.isAddress(parts.group(1));
    }
    String name = parts.group(2).toLowerCase(Locale.ROOT);
    return name.equals(LOCALHOST) || AddressRange.isAddress(name) || isConfigured(name);
  }

  private boolean isConfigured(String name) {
    for (String host : hosts.get()) {
      if (host.equals(name) || (host.startsWith("*.") && name.endsWith(host.substring(1)))) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasBody(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    return request.headers().contains(HttpHeaders.TRANSFER_ENCODING)
        || (length != null && !length.equals("0"));
  }

  private static boolean isJson(String contentType) {
    return contentType != null && JSON.matcher(contentType).matches();
  }
}

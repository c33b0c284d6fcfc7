package io.linkspan.transport.http;

import io.linkspan.admission.Credentials;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the credentials that an HTTP request carries: a token in {@code Authorization}, as a
 * subprotocol {@code bearer.TOKEN}, in the query or in a cookie, in this order. Shared by all event
 * loops.
 *
 * @param cookie name of the cookie with a token; empty for none
 * @param headers names of the headers that a hook receives
 */
public record HttpCredentials(String cookie, List<String> headers) {

  /** Header with the subprotocols that a client of a WebSocket offers. */
  public static final String SUBPROTOCOLS = "Sec-WebSocket-Protocol";

  /** Begins a subprotocol that carries a token, since browsers cannot set other headers. */
  private static final String BEARER_SUBPROTOCOL = "bearer.";

  private static final String BEARER = "bearer ";
  private static final String FETCH_SITE = "Sec-Fetch-Site";

  public HttpCredentials {
    headers = List.copyOf(headers);
  }

  /** Returns the subprotocols that a request offers. */
  public static List<String> subprotocols(HttpServerRequest request) {
    List<String> fields = request.headers().getAll(SUBPROTOCOLS);
    if (fields.isEmpty()) {
      return List.of();
    }
    return fields.stream()
        .flatMap(offers -> Arrays.stream(offers.split(",")))
        .map(String::strip)
        .toList();
  }

  /** Returns whether a subprotocol carries a token. */
  public static boolean isToken(String subprotocol) {
    return subprotocol.startsWith(BEARER_SUBPROTOCOL);
  }

  /**
   * Returns the last value of a parameter of the query, as all transports do, or null.
   *
   * @throws IllegalArgumentException when the query cannot be decoded
   */
  public static String parameter(HttpServerRequest request, String name) {
    List<String> values = request.params().getAll(name);
    return values.isEmpty() ? null : values.get(values.size() - 1);
  }

  /**
   * Returns the credentials of a request whose origin is allowed.
   *
   * @throws IllegalArgumentException when the query cannot be decoded
   */
  public Credentials read(HttpServerRequest request, String transport, String remote) {
    return new Credentials(
        parameter(request, "user"),
        token(request),
        parameter(request, "ack"),
        parameter(request, "session"),
        parameter(request, "device"),
        "auth".equals(parameter(request, "notify")),
        new Credentials.Source(transport, remote, chosen(request)));
  }

  private String token(HttpServerRequest request) {
    String authorization = request.getHeader(HttpHeaders.AUTHORIZATION);
    if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      return authorization.substring(BEARER.length()).strip();
    }
    for (String offered : subprotocols(request)) {
      if (isToken(offered)) {
        return offered.substring(BEARER_SUBPROTOCOL.length());
      }
    }
    String token = parameter(request, "token");
    return token == null ? fromCookie(request) : token;
  }

  /**
   * A browser adds cookies to requests of any page. A cookie counts only if the browser states that
   * the page is an allowed one: the origin is checked before, and is not sent with every request.
   */
  private String fromCookie(HttpServerRequest request) {
    if (cookie.isEmpty()
        || (request.getHeader(HttpHeaders.ORIGIN) == null
            && !"same-origin".equals(request.getHeader(FETCH_SITE)))) {
      return null;
    }
    Cookie found = request.getCookie(cookie);
    return found == null ? null : found.getValue();
  }

  private Map<String, String> chosen(HttpServerRequest request) {
    if (headers.isEmpty()) {
      return Map.of();
    }
    Map<String, String> chosen = new HashMap<>();
    for (String name : headers) {
      String value = request.getHeader(name);
      if (value != null) {
        chosen.put(name, value);
      }
    }
    return chosen;
  }

  /** Omits the names, which say where secrets are. */
  @Override
  public String toString() {
    return "HttpCredentials";
  }
}

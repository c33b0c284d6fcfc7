package io.linkspan.ops;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/** Reads the query of a request of the HTTP API; each problem is {@code malformed}. */
final class QueryParameters {

  private QueryParameters() {}

  /** Refuses parameters that are not known, or given more than once. */
  static void check(RoutingContext request, Set<String> known) {
    for (String name : request.queryParams().names()) {
      if (!known.contains(name) || request.queryParam(name).size() > 1) {
        throw malformed(name + " is not a parameter, or is given more than once");
      }
    }
  }

  /** Returns null when the parameter is absent. */
  static String text(RoutingContext request, String name) {
    List<String> values = request.queryParam(name);
    if (values.isEmpty()) {
      return null;
    }
    if (values.get(0).isEmpty()) {
      throw malformed(name + " is empty");
    }
    return values.get(0);
  }

  /** Returns null when the parameter is absent. */
  static Integer number(RoutingContext request, String name) {
    String text = text(request, name);
    try {
      return text == null ? null : Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw malformed(name + " must be a number");
    }
  }

  private static MessageException malformed(String text) {
    return new MessageException(ErrorCode.MALFORMED, text);
  }
}

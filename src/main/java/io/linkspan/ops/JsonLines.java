package io.linkspan.ops;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Set;

/** Reads the parameters of calls that can answer with JSON lines. */
final class JsonLines {

  static final String TYPE = "application/x-ndjson";

  private static final String FORMAT = "format";
  private static final String NAME = "jsonl";

  private JsonLines() {}

  /**
   * Returns whether the client asks for JSON lines.
   *
   * @param usual name of the other format
   * @throws MessageException for any other format
   */
  static boolean areWanted(RoutingContext request, String usual) {
    String format = parameter(request, FORMAT);
    if (format.isEmpty()) {
      String accept = request.request().getHeader(HttpHeaders.ACCEPT);
      return accept != null && accept.contains(TYPE);
    }
    if (!format.equals(NAME) && !format.equals(usual)) {
      throw new MessageException(ErrorCode.MALFORMED, FORMAT + " must be " + usual + " or " + NAME);
    }
    return format.equals(NAME);
  }

  /**
   * Checks that a request has no parameters but these and the format.
   *
   * @throws MessageException when it has another one, or one twice
   */
  static void check(RoutingContext request, Set<String> names) {
    for (String name : request.queryParams().names()) {
      if (!(names.contains(name) || name.equals(FORMAT)) || request.queryParam(name).size() > 1) {
        throw new MessageException(
            ErrorCode.MALFORMED, name + " is not a parameter, or is given more than once");
      }
    }
  }

  /** Returns a parameter; empty when it is absent. */
  static String parameter(RoutingContext request, String name) {
    List<String> values = request.queryParam(name);
    return values.isEmpty() ? "" : values.get(0);
  }
}

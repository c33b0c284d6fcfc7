package io.linkspan.ops;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.trace.TraceFilter;
import io.linkspan.trace.TraceService;
import io.linkspan.wire.RecordedStep;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Serves live traces and the timelines of Messages in the HTTP API. */
final class TraceApi {

  private static final Set<String> SELECTORS = Set.of("session", "user", "eventId");
  private static final int LONGEST_NAME = 256;

  private final TraceService traces;

  TraceApi(TraceService traces) {
    this.traces = traces;
  }

  void addTo(Router router) {
    router.get("/v1/trace").handler(this::watch);
    router.get("/v1/messages/:eventId").handler(this::find);
  }

  private void watch(RoutingContext request) {
    TraceFilter filter;
    TraceStream stream;
    try {
      filter = filter(request);
      stream = new TraceStream(request.response(), JsonLines.areWanted(request, "sse"));
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return;
    }
    traces
        .watch(filter, stream)
        .onComplete(
            begun -> {
              if (request.response().closed()) {
                begun.watcher().end();
                return;
              }
              request.response().closeHandler(v -> begun.watcher().end());
              stream.begin(begun.nodes(), begun.silent());
            },
            failure -> Refusal.send(request, failure));
  }

  private static TraceFilter filter(RoutingContext request) {
    JsonLines.check(request, SELECTORS);
    String session = selector(request, "session");
    String user = selector(request, "user");
    String eventId = selector(request, "eventId");
    if (Stream.of(session, user, eventId).filter(value -> !value.isEmpty()).count() != 1) {
      throw new MessageException(
          ErrorCode.MALFORMED, "exactly one of session, user and eventId must be given");
    }
    return new TraceFilter(session, user, eventId);
  }

  private static String selector(RoutingContext request, String name) {
    return bounded(name, JsonLines.parameter(request, name));
  }

  private static String bounded(String name, String value) {
    if (value.length() > LONGEST_NAME) {
      throw new MessageException(
          ErrorCode.MALFORMED, name + " is longer than " + LONGEST_NAME + " characters");
    }
    return value;
  }

  private void find(RoutingContext request) {
    String eventId;
    String user;
    boolean lines;
    try {
      JsonLines.check(request, Set.of("user"));
      eventId = bounded("eventId", request.pathParam("eventId"));
      user = selector(request, "user");
      lines = JsonLines.areWanted(request, "json");
    } catch (MessageException refusal) {
      Refusal.send(request, refusal);
      return;
    }
    traces
        .find(eventId, user)
        .onComplete(
            found -> answer(request, eventId, found, lines),
            failure -> Refusal.send(request, failure));
  }

  private static void answer(
      RoutingContext request, String eventId, TraceService.Steps found, boolean lines) {
    List<JsonObject> steps = found.steps().stream().map(TraceApi::toJson).toList();
    if (steps.isEmpty()) {
      Refusal.send(request, 404, "not-found", "no step of this message is recorded");
    } else if (lines) {
      StringBuilder text = new StringBuilder();
      steps.forEach(step -> text.append(step.encode()).append('\n'));
      request.response().putHeader(HttpHeaders.CONTENT_TYPE, JsonLines.TYPE).end(text.toString());
    } else {
      request.json(
          new JsonObject()
              .put("eventId", eventId)
              .put("senders", found.senders())
              .put("steps", new JsonArray(steps))
              .put("silent", new JsonArray(found.silent())));
    }
  }

  private static JsonObject toJson(RecordedStep step) {
    Instant time = Instant.EPOCH.plus(step.getTime(), ChronoUnit.MICROS);
    return new JsonObject().put("time", time.toString()).mergeIn(new JsonObject(step.getStep()));
  }
}

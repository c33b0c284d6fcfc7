package io.linkspan.storm;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.Locale;

/**
 * Describes one storm of this node: what it does, its figures, and how it ended.
 *
 * <pre>
 *   QUIET ── first second of the storm ──► STORM ──► ENDED
 *     └───────── stopped or failed ──────────────────►
 * </pre>
 */
final class StormReport {

  private enum State {
    QUIET,
    STORM,
    ENDED
  }

  private final JsonObject facts;
  private final JsonArray seconds = new JsonArray();
  private State state;
  private JsonObject quiet = StormCounts.none();
  private JsonObject storm = StormCounts.none();
  private String end;

  /**
   * @param startedAt the time of the clock
   */
  StormReport(StormRequest request, Instant startedAt) {
    StormPlan plan = request.plan();
    state = request.quietSeconds() > 0 ? State.QUIET : State.STORM;
    facts =
        new JsonObject()
            .put("startedAt", startedAt.toString())
            .put("kind", plan.kind().label())
            .put("clients", plan.clients())
            .put("good", plan.good())
            .put("addresses", plan.addresses())
            .put("quietSeconds", request.quietSeconds())
            .put("seconds", (int) plan.duration().toSeconds())
            .put("target", targetOf(plan));
  }

  /** Returns the target without its query, which may hold a token. */
  private static String targetOf(StormPlan plan) {
    String path = plan.path();
    int query = path.indexOf('?');
    return "ws://"
        + plan.target().getHostString()
        + ':'
        + plan.target().getPort()
        + (query < 0 ? path : path.substring(0, query));
  }

  /**
   * Adds the figures of a second.
   *
   * @param total of the phase up to now
   * @param gauges of this node
   */
  void add(
      StormRun.Phase phase, int second, JsonObject figures, JsonObject total, JsonObject gauges) {
    if (phase == StormRun.Phase.QUIET) {
      quiet = total;
    } else {
      state = State.STORM;
      storm = total;
    }
    seconds.add(figures.put("phase", phase.label()).put("second", second).put("gauges", gauges));
  }

  /** Ends the storm, for a reason that operators read. */
  void end(String reason) {
    state = State.ENDED;
    end = reason;
  }

  boolean isRunning() {
    return state != State.ENDED;
  }

  /** Returns what the storm does, without its figures. */
  JsonObject facts() {
    return facts.copy();
  }

  /** Returns the storm with the figures of the last second and of each phase. */
  JsonObject latest() {
    JsonObject latest =
        facts
            .copy()
            .put("state", state.name().toLowerCase(Locale.ROOT))
            .put("quiet", quiet.copy())
            .put("storm", storm.copy());
    if (end != null) {
      latest.put("end", end);
    }
    return seconds.isEmpty()
        ? latest
        : latest.put("latest", seconds.getJsonObject(seconds.size() - 1).copy());
  }

  /** Returns the storm with the figures of all of its seconds. */
  JsonObject all() {
    return latest().put("samples", seconds.copy());
  }
}

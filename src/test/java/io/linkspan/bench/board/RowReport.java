package io.linkspan.bench.board;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Collects the figures of one row. Used by one thread. */
public final class RowReport {

  /** A value of a server. */
  public record Value(Figure figure, String server, double value) {}

  private record Key(String figure, String server) {}

  private final String row;
  private final List<Limit> limits;
  private final Map<Key, Value> values = new LinkedHashMap<>();
  private final List<String> notes = new ArrayList<>();
  private double load;
  private double seconds;
  private String failure;

  /** Creates a report without figures. */
  public RowReport(String row, List<Limit> limits) {
    this.row = row;
    this.limits = List.copyOf(limits);
  }

  /** Adds a value; a second one for the same figure and server replaces the first. */
  public RowReport add(Figure figure, String server, double value) {
    values.put(new Key(figure.name(), server), new Value(figure, server, value));
    return this;
  }

  /** Adds a remark, such as the part of a row that was skipped and why. */
  public void note(String text) {
    notes.add(text);
  }

  /** Adds why the row, or a part of it, did not end. */
  public void failed(String cause) {
    failure = failure == null ? cause : failure + "; " + cause;
  }

  /** Stores the load of the machine before the row, and how long the row took. */
  public void took(double loadBefore, double duration) {
    load = loadBefore;
    seconds = duration;
  }

  /** Returns the name of the row. */
  public String row() {
    return row;
  }

  /** Returns all values in the order in which they were added. */
  public List<Value> values() {
    return List.copyOf(values.values());
  }

  /** Returns the remarks. */
  public List<String> notes() {
    return Collections.unmodifiableList(notes);
  }

  /** Returns the limits and aims. */
  public List<Limit> limits() {
    return limits;
  }

  /** Returns the load of the machine before the row. */
  public double load() {
    return load;
  }

  /** Returns the duration in seconds. */
  public double seconds() {
    return seconds;
  }

  /** Returns a value, if it was measured. */
  public OptionalDouble value(String figure, String server) {
    Value value = values.get(new Key(figure, server));
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value.value());
  }

  /** Returns a text for each binding limit that does not hold, and for a row that did not end. */
  public List<String> failures() {
    List<String> texts = new ArrayList<>(broken(true));
    if (failure != null) {
      texts.add(row + " did not end: " + failure.replace('\n', ' '));
    }
    return texts;
  }

  /** Returns a text for each aim that is missed. */
  public List<String> missedAims() {
    return broken(false);
  }

  private List<String> broken(boolean binding) {
    return limits.stream()
        .filter(limit -> limit.binding() == binding && !limit.holds(this))
        .map(this::broken)
        .toList();
  }

  private String broken(Limit limit) {
    OptionalDouble value = value(limit.figure(), limit.server());
    return "%s, %s: %s is %s, must be %s"
        .formatted(
            row,
            limit.server(),
            limit.figure(),
            value.isEmpty() ? "missing" : Table.number(value.getAsDouble()),
            limit.text());
  }

  /** Returns the object of a file. */
  JsonObject toJson() {
    JsonArray figures = new JsonArray();
    for (Value value : values.values()) {
      Figure figure = value.figure();
      figures.add(
          new JsonObject()
              .put("figure", figure.name())
              .put("server", value.server())
              .put("value", value.value())
              .put("unit", figure.unit())
              .put("nature", figure.nature().label())
              .put("lowerIsBetter", figure.lowerIsBetter())
              .put("noise", figure.noise())
              .put("slack", figure.slack()));
    }
    JsonArray rules = new JsonArray();
    for (Limit limit : limits) {
      rules.add(
          new JsonObject()
              .put("figure", limit.figure())
              .put("server", limit.server())
              .put("must", limit.text())
              .put("kind", limit.kind().name())
              .put("bound", limit.bound())
              .put("times", limit.times())
              .put("of", limit.of())
              .put("binding", limit.binding())
              .put("holds", limit.holds(this)));
    }
    return new JsonObject()
        .put("row", row)
        .put("loadBefore", load)
        .put("seconds", seconds)
        .put("figures", figures)
        .put("limits", rules)
        .put("notes", new JsonArray(List.copyOf(notes)))
        .put("failure", failure);
  }

  /** Reads the object of a file. */
  static RowReport of(JsonObject json) {
    List<Limit> limits = new ArrayList<>();
    for (Object each : json.getJsonArray("limits")) {
      var limit = (JsonObject) each;
      limits.add(
          new Limit(
              limit.getString("figure"),
              limit.getString("server"),
              Limit.Bound.valueOf(limit.getString("kind")),
              limit.getDouble("bound"),
              limit.getString("times"),
              limit.getString("of"),
              limit.getBoolean("binding")));
    }
    var report = new RowReport(json.getString("row"), limits);
    for (Object each : json.getJsonArray("figures")) {
      var value = (JsonObject) each;
      report.add(
          new Figure(
              value.getString("figure"),
              value.getString("unit"),
              nature(value.getString("nature")),
              value.getBoolean("lowerIsBetter"),
              value.getDouble("noise"),
              value.getDouble("slack")),
          value.getString("server"),
          value.getDouble("value"));
    }
    json.getJsonArray("notes").forEach(note -> report.note((String) note));
    report.took(json.getDouble("loadBefore"), json.getDouble("seconds"));
    report.failure = json.getString("failure");
    return report;
  }

  private static Figure.Nature nature(String label) {
    for (Figure.Nature nature : Figure.Nature.values()) {
      if (nature.label().equals(label)) {
        return nature;
      }
    }
    throw new IllegalArgumentException("no such nature: " + label);
  }
}

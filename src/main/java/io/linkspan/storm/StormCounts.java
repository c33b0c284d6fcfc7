package io.linkspan.storm;

import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Counts what the clients of a storm do and receive. */
public final class StormCounts {

  /** Round trips of one interval, or of all, that are kept; further ones are counted only. */
  private static final int MAX_KEPT = 100_000;

  /** Different reasons of a kind that are told apart. */
  private static final int MAX_REASONS = 32;

  private final Map<String, Integer> refused = new TreeMap<>();
  private final Map<String, Integer> closes = new TreeMap<>();
  private final Map<String, Integer> errors = new TreeMap<>();
  private final Map<String, Integer> received = new TreeMap<>();
  private long[] roundTrips = new long[64];
  private int answers;
  private int attempts;
  private int admitted;
  private int goodLost;

  void attempted() {
    attempts++;
  }

  void admitted() {
    admitted++;
  }

  void refused(String reason) {
    add(refused, reason);
  }

  void closed(String code) {
    add(closes, code);
  }

  void failed(String code) {
    add(errors, code);
  }

  void received(String frame) {
    add(received, frame);
  }

  void goodLost() {
    goodLost++;
  }

  void answered(long nanos) {
    if (answers < MAX_KEPT) {
      if (answers == roundTrips.length) {
        roundTrips = Arrays.copyOf(roundTrips, Math.min(2 * answers, MAX_KEPT));
      }
      roundTrips[answers] = nanos;
    }
    answers++;
  }

  private static void add(Map<String, Integer> counts, String reason) {
    add(counts, reason, 1);
  }

  private static void add(Map<String, Integer> counts, String reason, int count) {
    String name = counts.containsKey(reason) || counts.size() < MAX_REASONS ? reason : "others";
    counts.merge(name, count, Integer::sum);
  }

  /** Returns the object of an interval in which nothing happened. */
  static JsonObject none() {
    return new StormCounts().toJson(1, 0);
  }

  /**
   * Adds an interval to the counts of all before it.
   *
   * @param other is not changed
   */
  public void add(StormCounts other) {
    other.refused.forEach((reason, count) -> add(refused, reason, count));
    other.closes.forEach((code, count) -> add(closes, code, count));
    other.errors.forEach((code, count) -> add(errors, code, count));
    other.received.forEach((frame, count) -> add(received, frame, count));
    for (int i = 0; i < Math.min(other.answers, MAX_KEPT); i++) {
      answered(other.roundTrips[i]);
    }
    answers += Math.max(0, other.answers - MAX_KEPT);
    attempts += other.attempts;
    admitted += other.admitted;
    goodLost += other.goodLost;
  }

  /** Returns the round trip that a share of the good clients' messages does not exceed, in ms. */
  public double millis(double share) {
    int kept = Math.min(answers, MAX_KEPT);
    long[] sorted = Arrays.copyOf(roundTrips, kept);
    Arrays.sort(sorted);
    return kept == 0 ? 0 : sorted[(int) Math.min(kept - 1, (long) (kept * share))] / 1e6;
  }

  /**
   * Returns the counts as an object.
   *
   * @param seconds the length of the interval
   * @param open links that the kind has now
   */
  public JsonObject toJson(double seconds, int open) {
    return new JsonObject()
        .put("attempts", attempts)
        .put("connectsPerSecond", Math.round(attempts / seconds))
        .put("admitted", admitted)
        .put("open", open)
        .put("refused", new JsonObject(new TreeMap<>(refused)))
        .put("closes", new JsonObject(new TreeMap<>(closes)))
        .put("errors", new JsonObject(new TreeMap<>(errors)))
        .put("received", new JsonObject(new TreeMap<>(received)))
        .put("goodAnswered", answers)
        .put("goodPerSecond", Math.round(answers / seconds))
        .put("goodP50Ms", millis(0.5))
        .put("goodP99Ms", millis(0.99))
        .put("goodLost", goodLost);
  }

  /** Returns the object of an interval as a line. */
  public static String text(JsonObject counts) {
    return String.format(
        Locale.ROOT,
        "%,d connects/s, open %,d, admitted %,d; refused %s; closed %s; errors %s;"
            + " received %s; good %,d/s p50 %.1f ms p99 %.1f ms lost %d",
        counts.getLong("connectsPerSecond"),
        counts.getInteger("open"),
        counts.getInteger("admitted"),
        list(counts.getJsonObject("refused")),
        list(counts.getJsonObject("closes")),
        list(counts.getJsonObject("errors")),
        list(counts.getJsonObject("received")),
        counts.getLong("goodPerSecond"),
        counts.getDouble("goodP50Ms"),
        counts.getDouble("goodP99Ms"),
        counts.getInteger("goodLost"));
  }

  private static String list(JsonObject counts) {
    return counts.isEmpty()
        ? "none"
        : counts.stream()
            .map(entry -> entry.getKey() + " ×" + entry.getValue())
            .collect(Collectors.joining(", "));
  }
}

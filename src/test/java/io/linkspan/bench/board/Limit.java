package io.linkspan.bench.board;

import java.util.OptionalDouble;

/**
 * A bound for a figure of the gateway. A binding limit makes the run fail; one that does not bind
 * is an aim, whose result depends on the machine.
 *
 * @param figure name of the figure
 * @param server the server that the limit is for
 * @param times the peer or the server by whose value the bound is multiplied; null: the bound is a
 *     value itself
 * @param of the figure of that server; null: the same figure
 */
public record Limit(
    String figure,
    String server,
    Bound kind,
    double bound,
    String times,
    String of,
    boolean binding) {

  /** Says on which side of the bound a value must be. */
  public enum Bound {
    /** The value may not exceed the bound. */
    AT_MOST,
    /** The value may not be below the bound. */
    AT_LEAST,
    /** The value must be below the bound. */
    BELOW
  }

  /** Returns a limit for which a figure must have exactly the value 0. */
  public static Limit none(String figure, String server) {
    return new Limit(figure, server, Bound.AT_MOST, 0, null, null, true);
  }

  /** Returns a limit for a figure that must reach a value. */
  public static Limit atLeast(String figure, String server, double value) {
    return new Limit(figure, server, Bound.AT_LEAST, value, null, null, true);
  }

  /** Returns a limit for a figure that may reach a value. */
  public static Limit atMost(String figure, String server, double value) {
    return new Limit(figure, server, Bound.AT_MOST, value, null, null, true);
  }

  /** Returns a limit for a figure that may be a multiple of a peer's in the same run. */
  public static Limit atMostTimes(String figure, String server, double factor, String peer) {
    return new Limit(figure, server, Bound.AT_MOST, factor, peer, null, true);
  }

  /** Returns an aim for a figure that must stay below a value. */
  public static Limit aim(String figure, String server, double value) {
    return new Limit(figure, server, Bound.BELOW, value, null, null, false);
  }

  /** Returns an aim for a figure that may be a multiple of a peer's in the same run. */
  public static Limit aimTimes(String figure, String server, double factor, String peer) {
    return new Limit(figure, server, Bound.AT_MOST, factor, peer, null, false);
  }

  /** Returns an aim for a figure that must stay below a multiple of another one of the server. */
  public static Limit aimTimesOwn(String figure, String server, double factor, String other) {
    return new Limit(figure, server, Bound.BELOW, factor, server, other, false);
  }

  /** Returns the rule as a text for tables. */
  public String text() {
    String value = Table.number(bound);
    String right = times == null ? value : of == null ? value + " × " + times : value + " × " + of;
    return switch (kind) {
          case AT_MOST -> "≤ ";
          case AT_LEAST -> "≥ ";
          case BELOW -> "< ";
        }
        + right;
  }

  /**
   * Returns whether the limit holds.
   *
   * @return false also when a figure of the gateway is missing; true when that of a peer is missing
   */
  public boolean holds(RowReport report) {
    OptionalDouble value = report.value(figure, server);
    if (value.isEmpty()) {
      return false;
    }
    double right = bound;
    if (times != null) {
      OptionalDouble other = report.value(of == null ? figure : of, times);
      if (other.isEmpty()) {
        return true;
      }
      right *= other.getAsDouble();
    }
    return switch (kind) {
      case AT_MOST -> value.getAsDouble() <= right;
      case AT_LEAST -> value.getAsDouble() >= right;
      case BELOW -> value.getAsDouble() < right;
    };
  }
}

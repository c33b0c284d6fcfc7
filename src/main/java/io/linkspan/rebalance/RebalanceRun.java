package io.linkspan.rebalance;

import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One rebalance: decides each round, and counts what has happened.
 *
 * <pre>
 *             a node is silent, slow, or slow to take clients
 *   RUNNING ◄─────────────────────────────────────────────────► PAUSED
 *      │                                                          │
 *      ├── every node is within the band ───► BALANCED            │
 *      ├── nobody is left to be asked ──────► EXHAUSTED           │
 *      ├── abort ───────────────────────────► ABORTED ◄── abort ──┤
 *      └── failure ─────────────────────────► FAILED ◄── timeout ─┘
 * </pre>
 */
final class RebalanceRun {

  private enum State {
    RUNNING,
    PAUSED,
    BALANCED,
    EXHAUSTED,
    ABORTED,
    FAILED
  }

  /** A rebalance that cannot go on for so long fails; milliseconds. */
  static final long LONGEST_PAUSE = 10 * 60 * 1_000L;

  private final String id;
  private final String self;
  private final RebalanceConfig config;
  private final String cause;
  private final Instant startedAt;
  private final GapTimes gaps = new GapTimes();
  private final List<Integer> roundGaps = new ArrayList<>();
  private State state = State.RUNNING;
  private String reason;
  private Instant endedAt;
  private long pausedSince;
  private int rounds;
  private long asked;

  /**
   * Creates a run.
   *
   * @param self id of the node that coordinates it
   * @param cause why it begins
   */
  RebalanceRun(String id, String self, RebalanceConfig config, String cause, Instant startedAt) {
    this.id = id;
    this.self = self;
    this.config = config;
    this.cause = cause;
    this.startedAt = startedAt;
  }

  String id() {
    return id;
  }

  RebalanceConfig config() {
    return config;
  }

  /** Returns whether no round has been decided. */
  boolean isNew() {
    return rounds == 0;
  }

  boolean hasEnded() {
    return state != State.RUNNING && state != State.PAUSED;
  }

  boolean hasFailed() {
    return state == State.FAILED;
  }

  /** Counts what a shard reports. */
  void collect(ShardLoad load) {
    asked += load.asked();
    gaps.add(load.gaps());
    roundGaps.addAll(load.gaps());
  }

  /**
   * Decides a round.
   *
   * @param loads of the nodes whose shards have all answered
   * @param silent nodes of which a shard has not answered
   * @param now milliseconds of a monotonic clock
   * @return how many clients each shard asks to reconnect, for the nodes with any
   */
  Map<String, List<Integer>> decide(
      List<NodeLoad> loads, List<String> silent, long now, Instant time) {
    boolean first = isNew();
    rounds++;
    int gap = GapTimes.percentileOf(roundGaps, 99);
    roundGaps.clear();
    if (loads.stream().anyMatch(node -> node.node().equals(self) && node.draining())) {
      end(State.ABORTED, "the node that coordinates it is being drained", time);
      return Map.of();
    }
    if (!silent.isEmpty()) {
      if (first) {
        // Its clients could be asked twice: which ones it has now is not recorded.
        end(State.FAILED, "no answer of " + String.join(", ", silent), time);
      } else {
        pause("no answer of " + String.join(", ", silent), now, time);
      }
      return Map.of();
    }
    RebalancePlan plan = RebalancePlan.of(loads, config.band(), config.batch());
    if (plan.balanced()) {
      end(State.BALANCED, null, time);
      return Map.of();
    }
    if (plan.exhausted()) {
      end(State.EXHAUSTED, "no client is left that can resume and was not asked", time);
      return Map.of();
    }
    long delay = loads.stream().mapToLong(NodeLoad::delay).max().orElse(0);
    if (delay > config.maxDelay().toMillis()) {
      pause("an event loop answers after " + delay + " ms", now, time);
      return Map.of();
    }
    if (gap > config.maxGap().toMillis()) {
      pause("the slowest clients reconnect after " + gap + " ms", now, time);
      return Map.of();
    }
    state = State.RUNNING;
    reason = null;
    return split(plan, loads);
  }

  private static Map<String, List<Integer>> split(RebalancePlan plan, List<NodeLoad> loads) {
    Map<String, List<Integer>> asks = new LinkedHashMap<>();
    for (NodeLoad node : loads) {
      Integer share = plan.asks().get(node.node());
      if (share != null) {
        List<Integer> movable = node.shards().stream().map(ShardLoad::movable).toList();
        asks.put(node.node(), RebalancePlan.shares(share, movable));
      }
    }
    return asks;
  }

  /** Ends the run on request; does nothing when it has ended. */
  void abort(Instant time) {
    end(State.ABORTED, "on request", time);
  }

  /** Ends the run as failed; does nothing when it has ended. */
  void fail(String why, Instant time) {
    end(State.FAILED, why, time);
  }

  private void pause(String why, long now, Instant time) {
    if (state != State.PAUSED) {
      state = State.PAUSED;
      pausedSince = now;
    }
    reason = why;
    if (now - pausedSince > LONGEST_PAUSE) {
      end(State.FAILED, why, time);
    }
  }

  private void end(State how, String why, Instant time) {
    if (!hasEnded()) {
      state = how;
      reason = why;
      endedAt = time;
    }
  }

  /** Returns the fields that the API shows. */
  JsonObject describe() {
    return new JsonObject()
        .put("state", state.name().toLowerCase(Locale.ROOT))
        .put("reason", reason)
        .put("run", id)
        .put("cause", cause)
        .put("startedAt", startedAt.toString())
        .put("endedAt", endedAt == null ? null : endedAt.toString())
        .put("rounds", rounds)
        .put("asked", asked)
        .put("resumed", gaps.count())
        .put(
            "gapMs",
            new JsonObject().put("p50", gaps.percentile(50)).put("p99", gaps.percentile(99)));
  }
}

package io.linkspan.rebalance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class RebalancePlanTest {

  private static final int BAND = 10;
  private static final int BATCH = 100;

  private static NodeLoad node(String name, int connections, int movable, int pending) {
    return new NodeLoad(
        name, List.of(new ShardLoad(connections, movable, pending, false, 0, List.of())), 0);
  }

  private static NodeLoad draining(String name, int connections) {
    return new NodeLoad(
        name, List.of(new ShardLoad(connections, connections, 0, true, 0, List.of())), 0);
  }

  /** Nodes of which a load balancer chooses one for each client that reconnects. */
  private static final class Nodes {
    final int[] connections;
    final int[] movable;
    int moved;

    Nodes(int... connections) {
      this.connections = connections.clone();
      movable = connections.clone();
    }

    RebalancePlan plan() {
      return RebalancePlan.of(
          IntStream.range(0, connections.length)
              .mapToObj(i -> node("n" + i, connections[i], movable[i], 0))
              .toList(),
          BAND,
          BATCH);
    }

    /** Runs rounds until nobody is asked; returns how many there were. */
    int run(ToIntFunction<int[]> balancer) {
      for (int rounds = 0; ; rounds++) {
        RebalancePlan plan = plan();
        int asked = plan.asks().values().stream().mapToInt(Integer::intValue).sum();
        assertThat(asked).isLessThanOrEqualTo(BATCH);
        if (asked == 0) {
          return rounds;
        }
        plan.asks()
            .forEach(
                (node, count) -> {
                  int i = Integer.parseInt(node.substring(1));
                  connections[i] -= count;
                  movable[i] -= count;
                  assertThat(movable[i]).isNotNegative();
                });
        for (int i = 0; i < asked; i++) {
          connections[balancer.applyAsInt(connections)]++;
        }
        moved += asked;
      }
    }
  }

  private static int least(int[] connections) {
    return IntStream.range(0, connections.length)
        .reduce((a, b) -> connections[b] < connections[a] ? b : a)
        .orElseThrow();
  }

  @Test
  void withTheFewestConnectionsFirstOnlyTheShareOfTheNewNodeMoves() {
    Nodes nodes = new Nodes(2_000, 2_000, 2_000, 0);
    int rounds = nodes.run(RebalancePlanTest::least);
    assertThat(nodes.plan().balanced()).isTrue();
    assertThat(nodes.moved).isBetween(1_350, 1_500);
    assertThat(rounds).isLessThanOrEqualTo(16);
  }

  @RepeatedTest(100)
  void withARandomChoiceRoundsFollowUntilEveryNodeIsWithinTheBand(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    Nodes nodes = new Nodes(2_000, 2_000, 2_000, 0);
    int rounds = nodes.run(connections -> random.nextInt(connections.length));
    assertThat(nodes.plan().balanced()).isTrue();
    assertThat(nodes.moved).isBetween(4_500, 6_000);
    assertThat(rounds).isLessThan(70);
  }

  @RepeatedTest(200)
  void anyClusterEndsBalancedOrWithNobodyLeftToAsk(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    int[] connections = random.ints(2 + random.nextInt(8), 0, 5_000).toArray();
    Nodes nodes = new Nodes(connections);
    int movable = random.nextInt(101);
    for (int i = 0; i < connections.length; i++) {
      nodes.movable[i] = connections[i] * movable / 100;
    }
    boolean least = random.nextBoolean();
    nodes.run(counts -> least ? least(counts) : random.nextInt(counts.length));
    RebalancePlan end = nodes.plan();
    assertThat(end.balanced() || end.exhausted()).isTrue();
    assertThat(nodes.moved).isLessThanOrEqualTo(IntStream.of(connections).sum());
  }

  @Test
  void nobodyIsAskedWithinTheBand() {
    RebalancePlan plan =
        RebalancePlan.of(List.of(node("a", 109, 109, 0), node("b", 91, 91, 0)), BAND, BATCH);
    assertThat(plan.balanced()).isTrue();
    assertThat(plan.asks()).isEmpty();
  }

  @Test
  void aSingleNodeAndNoNodeAreBalanced() {
    assertThat(RebalancePlan.of(List.of(node("a", 50, 50, 0)), BAND, BATCH).balanced()).isTrue();
    assertThat(RebalancePlan.of(List.of(), BAND, BATCH).balanced()).isTrue();
  }

  @Test
  void aDifferenceOfOneClientIsNoReasonToMoveIt() {
    assertThat(
            RebalancePlan.of(List.of(node("a", 2, 2, 0), node("b", 1, 1, 0)), BAND, BATCH)
                .balanced())
        .isTrue();
  }

  @Test
  void aNodeThatIsDrainedNeitherCountsNorAsks() {
    RebalancePlan plan =
        RebalancePlan.of(
            List.of(node("a", 300, 300, 0), node("b", 100, 100, 0), draining("c", 900)),
            BAND,
            BATCH);
    assertThat(plan.mean()).isEqualTo(200);
    assertThat(plan.asks()).containsOnlyKeys("a").containsEntry("a", BATCH);
  }

  @Test
  void clientsWithoutAConnectionCountAgainstTheBatchAndInTheMean() {
    RebalancePlan plan =
        RebalancePlan.of(List.of(node("a", 1_000, 1_000, 90), node("b", 110, 110, 0)), BAND, BATCH);
    assertThat(plan.mean()).isEqualTo(600);
    assertThat(plan.asks()).containsExactly(Map.entry("a", 10));
  }

  @Test
  void whileClientsAreWithoutAConnectionItIsNotOver() {
    RebalancePlan plan =
        RebalancePlan.of(List.of(node("a", 300, 0, 1), node("b", 100, 0, 0)), BAND, BATCH);
    assertThat(plan.balanced()).isFalse();
    assertThat(plan.exhausted()).isFalse();
    assertThat(plan.asks()).isEmpty();
  }

  @Test
  void aClientThatMayTakeANodeOutOfTheBandIsWaitedFor() {
    RebalancePlan plan =
        RebalancePlan.of(List.of(node("a", 105, 50, 9), node("b", 105, 50, 0)), BAND, BATCH);
    assertThat(plan.balanced()).isFalse();
    assertThat(plan.exhausted()).isFalse();
    assertThat(plan.asks()).isEmpty();
  }

  @Test
  void clientsThatCannotResumeLeaveTheNodesAsTheyAre() {
    RebalancePlan plan =
        RebalancePlan.of(List.of(node("a", 300, 0, 0), node("b", 100, 100, 0)), BAND, BATCH);
    assertThat(plan.exhausted()).isTrue();
    assertThat(plan.asks()).isEmpty();
  }

  @RepeatedTest(200)
  void sharesSpendTheBudgetAndNobodyGetsMoreThanItWants(RepetitionInfo seed) {
    Random random = new Random(seed.getCurrentRepetition());
    List<Integer> wanted = new ArrayList<>();
    random.ints(random.nextInt(6), 0, 100).forEach(wanted::add);
    int budget = random.nextInt(300);
    List<Integer> shares = RebalancePlan.shares(budget, wanted);
    assertThat(shares).hasSameSizeAs(wanted);
    for (int i = 0; i < shares.size(); i++) {
      assertThat(shares.get(i)).isBetween(0, wanted.get(i));
    }
    int sum = wanted.stream().mapToInt(Integer::intValue).sum();
    assertThat(shares.stream().mapToInt(Integer::intValue).sum()).isEqualTo(Math.min(budget, sum));
  }
}

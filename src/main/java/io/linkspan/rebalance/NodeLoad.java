package io.linkspan.rebalance;

import java.util.List;

/**
 * The load of one node in a round: that of its shards together.
 *
 * @param node its id
 * @param shards in the order of their indexes
 * @param delay milliseconds until the last shard answered
 */
record NodeLoad(String node, List<ShardLoad> shards, long delay) {

  NodeLoad {
    shards = List.copyOf(shards);
  }

  int connections() {
    return shards.stream().mapToInt(ShardLoad::connections).sum();
  }

  int movable() {
    return shards.stream().mapToInt(ShardLoad::movable).sum();
  }

  int pending() {
    return shards.stream().mapToInt(ShardLoad::pending).sum();
  }

  boolean draining() {
    return shards.stream().anyMatch(ShardLoad::draining);
  }
}

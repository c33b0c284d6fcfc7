package io.linkspan.rebalance;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Decides from the loads of one round how many clients each node asks to reconnect.
 *
 * <p>A node asks its surplus over the mean. Where its clients arrive is the choice of the load
 * balancer. With the fewest connections first they reach the nodes below the mean, and one pass
 * ends it. With a random choice a part of them reaches the same node again, and further rounds
 * follow, since each begins from the counts of the one before. Nodes that are being drained neither
 * take part nor count.
 *
 * @param mean connections of a node if all had the same number
 * @param balanced whether every node is within the band, and no client is without a connection
 * @param asks how many clients each node asks now
 * @param exhausted whether the nodes above the mean have no client left that may be asked
 */
record RebalancePlan(double mean, boolean balanced, Map<String, Integer> asks, boolean exhausted) {

  /** A smaller difference from the mean is not worth a reconnect. */
  private static final int LEAST_DIFFERENCE = 1;

  /**
   * Makes the plan of one round.
   *
   * @param band percent of the mean by which a node may differ from it
   * @param batch clients of all nodes that may be without a link at the same time
   */
  static RebalancePlan of(List<NodeLoad> loads, int band, int batch) {
    List<NodeLoad> nodes = loads.stream().filter(node -> !node.draining()).toList();
    int pending = nodes.stream().mapToInt(NodeLoad::pending).sum();
    int connections = nodes.stream().mapToInt(NodeLoad::connections).sum();
    double mean = nodes.isEmpty() ? 0 : (double) (connections + pending) / nodes.size();
    double tolerance = Math.max(LEAST_DIFFERENCE, mean * band / 100);
    boolean within =
        nodes.stream().allMatch(node -> Math.abs(node.connections() - mean) <= tolerance);
    if (within) {
      // The clients that are still without a connection could take a node out of the band.
      return new RebalancePlan(mean, pending == 0, Map.of(), false);
    }
    List<Integer> wanted =
        nodes.stream()
            .map(node -> Math.min(node.movable(), (int) Math.ceil(node.connections() - mean)))
            .map(surplus -> Math.max(0, surplus))
            .toList();
    boolean exhausted = pending == 0 && wanted.stream().allMatch(surplus -> surplus == 0);
    List<Integer> shares = shares(Math.max(0, batch - pending), wanted);
    Map<String, Integer> asks = new LinkedHashMap<>();
    for (int i = 0; i < shares.size(); i++) {
      if (shares.get(i) > 0) {
        asks.put(nodes.get(i).node(), shares.get(i));
      }
    }
    return new RebalancePlan(mean, false, asks, exhausted);
  }

  /**
   * Splits a budget fairly: no share is larger than wanted, and larger shares get what smaller ones
   * leave.
   *
   * @return the shares in the order of {@code wanted}
   */
  static List<Integer> shares(int budget, List<Integer> wanted) {
    Integer[] shares = new Integer[wanted.size()];
    List<Integer> order =
        IntStream.range(0, wanted.size())
            .boxed()
            .sorted(Comparator.comparing(wanted::get))
            .toList();
    int left = budget;
    for (int i = 0; i < order.size(); i++) {
      int share = Math.min(wanted.get(order.get(i)), left / (order.size() - i));
      shares[order.get(i)] = share;
      left -= share;
    }
    return new ArrayList<>(List.of(shares));
  }
}

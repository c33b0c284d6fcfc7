package io.linkspan.testing;

import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Gateways in this process that are one cluster, on ports of their own. */
public final class TestCluster implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int MAX_STARTS = 4;

  private final String name = "test-" + UUID.randomUUID();
  private final List<Integer> ports = new ArrayList<>();
  private final List<TestGateway> nodes = new ArrayList<>();
  private int started;

  private TestCluster() {
    for (int i = 0; i < MAX_STARTS; i++) {
      ports.add(FreePort.of());
    }
  }

  /**
   * Starts the nodes one after the other, and waits until all know each other.
   *
   * @param settings of each node, by their keys
   */
  public static TestCluster start(int count, Map<String, String> settings) {
    return start(count, null, settings);
  }

  /** Starts the nodes with a configuration file. */
  public static TestCluster start(int count, Path file, Map<String, String> settings) {
    var cluster = new TestCluster();
    for (int i = 0; i < count; i++) {
      cluster.add(file, settings);
    }
    return cluster;
  }

  /** Starts a further node, the fourth one at most, and waits until all know each other. */
  public TestGateway add(Map<String, String> settings) {
    return add(null, settings);
  }

  private TestGateway add(Path file, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(settings);
    all.put("cluster.enabled", "true");
    all.put("cluster.name", name);
    all.put("cluster.host", "127.0.0.1");
    all.put("cluster.port", Integer.toString(ports.get(started++)));
    all.put(
        "cluster.join.members",
        String.join(",", ports.stream().map(port -> "127.0.0.1:" + port).toList()));
    TestGateway node = TestGateway.start(file, all);
    nodes.add(node);
    awaitMembers(nodes.size());
    return node;
  }

  /** Waits until each node counts so many members. */
  public void awaitMembers(int count) {
    for (TestGateway node : nodes) {
      await().atMost(PATIENCE).until(() -> node.node().getJsonArray("members").size() == count);
    }
  }

  /** Stops one node, which leaves the others. */
  public void stop(TestGateway node) {
    nodes.remove(node);
    node.close();
  }

  /** Returns a node, by the order of their starts from 0. */
  public TestGateway node(int index) {
    return nodes.get(index);
  }

  @Override
  public void close() {
    nodes.forEach(TestGateway::close);
  }
}

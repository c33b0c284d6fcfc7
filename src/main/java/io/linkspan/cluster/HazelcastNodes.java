package io.linkspan.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.core.LifecycleListener;
import com.hazelcast.partition.PartitionLostEvent;
import com.hazelcast.partition.PartitionLostListener;
import io.linkspan.session.Nodes;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members of the cluster that serve clients, oldest first. Shared by all event loops, and by
 * Hazelcast's threads.
 */
final class HazelcastNodes
    implements Nodes, MembershipListener, LifecycleListener, PartitionLostListener {

  private static final Logger LOG = LoggerFactory.getLogger(HazelcastNodes.class);

  private final HazelcastInstance hazelcast;
  private final Node self;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /**
   * Watches the cluster from now on.
   *
   * @param self null when this process serves no clients
   */
  HazelcastNodes(HazelcastInstance hazelcast, Node self) {
    this.hazelcast = hazelcast;
    this.self = self;
    hazelcast.getCluster().addMembershipListener(this);
    hazelcast.getLifecycleService().addLifecycleListener(this);
    hazelcast.getPartitionService().addPartitionLostListener(this);
  }

  @Override
  public Node self() {
    return self;
  }

  @Override
  public List<Node> all() {
    // Hazelcast keeps the order in which they joined.
    return hazelcast.getCluster().getMembers().stream()
        .map(HazelcastNodes::nodeOf)
        .filter(Objects::nonNull)
        .toList();
  }

  @Override
  public void watch(Listener listener) {
    listeners.add(listener);
  }

  @Override
  public void memberAdded(MembershipEvent event) {
    tell(event, "joined", listener -> node -> listener.joined(node));
  }

  @Override
  public void memberRemoved(MembershipEvent event) {
    tell(event, "left", listener -> node -> listener.left(node));
  }

  @Override
  public void stateChanged(LifecycleEvent event) {
    if (event.getState() == LifecycleEvent.LifecycleState.MERGED) {
      LOG.warn("found the other nodes again, and entering there what is here");
      listeners.forEach(Listener::merged);
    }
  }

  @Override
  public void partitionLost(PartitionLostEvent event) {
    // Several nodes ended at once: some of what this one entered may have been on just these.
    listeners.forEach(Listener::merged);
  }

  private void tell(
      MembershipEvent event,
      String what,
      java.util.function.Function<Listener, Consumer<Node>> how) {
    Node node = nodeOf(event.getMember());
    if (node == null) {
      LOG.info("a service {}: {}", what, event.getMember().getAddress());
      return;
    }
    LOG.info("node {} {}: {}", node.id(), what, event.getMember().getAddress());
    listeners.forEach(listener -> how.apply(listener).accept(node));
  }

  /** Null when the member serves no clients. */
  private static Node nodeOf(Member member) {
    String id = member.getAttribute(HazelcastConfig.NODE);
    String shards = member.getAttribute(HazelcastConfig.SHARDS);
    return Stream.of(id, shards).anyMatch(Objects::isNull)
        ? null
        : new Node(id, Integer.parseInt(shards));
  }
}

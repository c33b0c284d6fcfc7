package io.linkspan.cluster;

import com.hazelcast.cluster.Member;
import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.core.LifecycleListener;
import com.hazelcast.map.MapPartitionLostEvent;
import com.hazelcast.map.listener.MapPartitionLostListener;
import io.linkspan.directory.Nodes;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The members of the cluster that serve clients, oldest first. Shared by all event loops, and by
 * Hazelcast's threads.
 */
final class HazelcastNodes
    implements Nodes, MembershipListener, LifecycleListener, MapPartitionLostListener {

  private static final Logger LOG = LoggerFactory.getLogger(HazelcastNodes.class);

  private static final long SETTLE_MS = 1_000;

  private final Vertx vertx;
  private final HazelcastInstance hazelcast;
  private final Node self;
  private final PlannedLeaves leaves;
  private final AtomicBoolean forgotten = new AtomicBoolean();

  /** Whether this process has found the other members again but has not rejoined yet. */
  private volatile boolean apart;

  private final List<Listener> listeners = new CopyOnWriteArrayList<>();

  /**
   * Starts to watch the cluster.
   *
   * @param self null when this process serves no clients
   */
  HazelcastNodes(Vertx vertx, HazelcastInstance hazelcast, Node self) {
    this.vertx = vertx;
    this.hazelcast = hazelcast;
    this.self = self;
    leaves = new PlannedLeaves(hazelcast);
    hazelcast.getCluster().addMembershipListener(this);
    hazelcast.getLifecycleService().addLifecycleListener(this);
    hazelcast.getMap(DirectoryNames.USERS).addPartitionLostListener(this);
  }

  @Override
  public Node self() {
    return self;
  }

  @Override
  public List<Node> all() {
    // Hazelcast orders members by when they joined.
    return hazelcast.getCluster().getMembers().stream()
        .map(HazelcastNodes::nodeOf)
        .filter(Objects::nonNull)
        .toList();
  }

  @Override
  public long givenUpAfter() {
    String seconds = hazelcast.getConfig().getProperty(HazelcastConfig.NO_HEARTBEAT);
    return seconds == null ? Long.MAX_VALUE : TimeUnit.SECONDS.toMillis(Long.parseLong(seconds));
  }

  @Override
  public void watch(Listener listener) {
    listeners.add(listener);
  }

  /** Returns whether this process is a member, as far as it can see. */
  boolean together() {
    return !apart
        && hazelcast.getLifecycleService().isRunning()
        && (self == null || all().contains(self));
  }

  @Override
  public void memberAdded(MembershipEvent event) {
    LOG.info("{} joined", describe(event.getMember()));
    tell(event.getMember(), Listener::joined);
  }

  @Override
  public void memberRemoved(MembershipEvent event) {
    Member member = event.getMember();
    tell(member, Listener::left);
    leaves
        .includes(member.getUuid())
        .onComplete(
            planned -> logLeft(member, planned),
            failure -> LOG.debug("this member leaves as well", failure));
  }

  private static void logLeft(Member member, boolean planned) {
    if (planned) {
      LOG.info("{} left as planned", describe(member));
    } else {
      LOG.warn("{} is lost: it cannot be reached", describe(member));
    }
  }

  @Override
  public void stateChanged(LifecycleEvent event) {
    switch (event.getState()) {
      case MERGING -> apart = true;
      case MERGED -> {
        LOG.warn(
            "rejoined the other nodes after a partition; registering the sessions of this node again");
        listeners.forEach(Listener::merged);
        // The event bus reaches the other nodes again: Vert.x handles this event before this
        // listener.
        apart = false;
      }
      default -> {
        // The other states concern starting and stopping.
      }
    }
  }

  @Override
  public void partitionLost(MapPartitionLostEvent event) {
    // Several nodes ended at once, and entries of this node may have been on these only. There is
    // one event for each lost part of the map.
    if (forgotten.compareAndSet(false, true)) {
      LOG.warn(
          "a part of the directory was lost with several nodes; registering the sessions again");
      vertx.setTimer(
          SETTLE_MS,
          id -> {
            forgotten.set(false);
            listeners.forEach(Listener::merged);
          });
    }
  }

  private void tell(Member member, BiConsumer<Listener, Node> how) {
    Node node = nodeOf(member);
    if (node != null) {
      listeners.forEach(listener -> how.accept(listener, node));
    }
  }

  private static String describe(Member member) {
    Node node = nodeOf(member);
    return (node == null ? "a service at " : "node " + node.id() + " at ") + member.getAddress();
  }

  /** Returns null when the member serves no clients. */
  private static Node nodeOf(Member member) {
    String id = member.getAttribute(DirectoryNames.NODE);
    String shards = member.getAttribute(DirectoryNames.SHARDS);
    return id == null || shards == null ? null : new Node(id, Integer.parseInt(shards));
  }
}

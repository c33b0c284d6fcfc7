package io.linkspan.cluster;

import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import io.linkspan.cluster.security.BusSecurity;
import io.linkspan.cluster.security.ClusterSecrets;
import io.linkspan.cluster.security.SecuredMember;
import io.vertx.core.Completable;
import io.vertx.core.Vertx;
import io.vertx.core.spi.cluster.NodeInfo;
import io.vertx.spi.cluster.hazelcast.HazelcastClusterManager;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * Opens and closes the two doors of a node: its member of Hazelcast, which Vert.x's own manager can
 * create only without a secret, and its event bus.
 */
final class ClusterManager extends HazelcastClusterManager {

  /** Member attribute that Vert.x reads. */
  private static final String VERTX_NODE = "__vertx.nodeId";

  /** Time for the announcement that this member leaves. */
  private static final long ANNOUNCE_MS = 1_000;

  private final HazelcastInstance secured;
  private final BusSecurity bus;
  private Vertx owner;

  /** Creates the manager of a node without a secret. */
  ClusterManager(Config config, BusSecurity bus) {
    super(config);
    secured = null;
    this.bus = bus;
  }

  private ClusterManager(HazelcastInstance member, BusSecurity bus) {
    super(member);
    secured = member;
    this.bus = bus;
  }

  /** Joins the cluster with a secret; waits until that is done. */
  static ClusterManager join(Config config, ClusterSecrets secrets, BusSecurity bus) {
    config.setProperty("hazelcast.shutdownhook.enabled", "false");
    config.getMemberAttributeConfig().setAttribute(VERTX_NODE, UUID.randomUUID().toString());
    return new ClusterManager(SecuredMember.start(config, secrets), bus);
  }

  @Override
  public void init(Vertx vertx) {
    owner = vertx;
    super.init(vertx);
  }

  /** Opens the bus, which listens already, before the other nodes learn its port. */
  @Override
  public void setNodeInfo(NodeInfo node, Completable<Void> promise) {
    bus.open(owner).onComplete(v -> super.setNodeInfo(node, promise), promise::fail);
  }

  /** Leaves the cluster, and announces it before. */
  @Override
  public void leave(Completable<Void> promise) {
    bus.close();
    HazelcastInstance member = getHazelcastInstance();
    if (!member.getLifecycleService().isRunning()) {
      end(promise);
      return;
    }
    new PlannedLeaves(member)
        .announce(member.getCluster().getLocalMember().getUuid())
        .timeout(ANNOUNCE_MS, TimeUnit.MILLISECONDS)
        // A cluster that takes no announcement is left all the same.
        .onComplete(announced -> end(promise));
  }

  /** Ends the member. Vert.x does not close one that it has not created. */
  private void end(Completable<Void> promise) {
    if (secured == null) {
      super.leave(promise);
      return;
    }
    super.leave(
        (left, failure) ->
            owner
                .executeBlocking(
                    (Callable<Void>)
                        () -> {
                          secured.getLifecycleService().shutdown();
                          return null;
                        })
                .onComplete(promise));
  }
}

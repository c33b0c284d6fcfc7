package io.linkspan.session;

import io.linkspan.directory.Nodes;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Context;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * How a shard stands with the others: whether they go on without it, whether they may have what it
 * takes for its own, and whether the directory knows everything. Used only on the shard's event
 * loop, but for what it hears of the nodes.
 */
final class PartitionGuard implements Nodes.Listener {

  /** Longer than it takes to find the other nodes again, if they are still there; milliseconds. */
  private static final long MAX_OUTCAST = 60_000;

  /** What is not known by then is taken to be as it was; milliseconds. */
  private static final long RECLAIM_TIMEOUT = 10_000;

  /** For nodes that have found each other to enter all that they have; milliseconds. */
  private static final long SETTLE_TIME = 5_000;

  private final Shard shard;
  private final SessionDirectory directory;
  private final Context context;

  /** Until when other nodes may yet enter in the directory what they have. */
  private long unsettledUntil;

  /** How often the directory is being asked what is still this shard's. */
  private int reclaims;

  /** Until when nobody is let in, as the other nodes go on without this one; 0: everybody is. */
  private long outcastUntil;

  PartitionGuard(Shard shard, SessionDirectory directory, Context context) {
    this.shard = shard;
    this.directory = directory;
    this.context = context;
  }

  /** Whether the other nodes go on without this one, as far as it knows. */
  boolean isOutcast() {
    return outcastUntil > 0 && DeadlineTimer.now() < outcastUntil;
  }

  /** Whether the directory knows all that there is: who is in it nowhere may be somewhere. */
  boolean isSettled() {
    return unsettledUntil == 0 || DeadlineTimer.now() >= unsettledUntil;
  }

  /**
   * Whether what clients and others ask may be done at once. Not so after this loop has stood
   * still: others may have taken over what it has, and it is being found out.
   *
   * @param now on the clock of {@link DeadlineTimer#now}
   */
  boolean isCertain(long now) {
    shard.replication().wake(now);
    return reclaims == 0;
  }

  /** Sees whether what is here is still this shard's, after it could not be reached. */
  void reclaim() {
    reclaims++;
    Map<SessionRef, Set<String>> owned = new HashMap<>();
    for (Session session : shard.sessions()) {
      owned.put(session.ref(), Set.copyOf(session.groups()));
    }
    directory
        .reclaim(owned)
        .onSuccess(others -> others.forEach(ref -> shard.fence(ref.session())))
        .timeout(RECLAIM_TIMEOUT, TimeUnit.MILLISECONDS)
        .onComplete(
            v -> {
              if (--reclaims == 0) {
                List.copyOf(shard.sessions()).forEach(Session::goOn);
              }
            });
  }

  /** The other nodes went on without this one: what could be taken over has been. */
  void fenceAll() {
    outcastUntil = DeadlineTimer.now() + MAX_OUTCAST;
    for (Session session : List.copyOf(shard.sessions())) {
      if (session.token() != null) {
        session.fence();
      }
    }
  }

  @Override
  public void joined(Nodes.Node node) {
    context.runOnContext(
        v -> {
          together();
          shard.replication().follow();
        });
  }

  @Override
  public void left(Nodes.Node node) {
    context.runOnContext(
        v -> {
          shard.replication().follow();
          shard.replication().lost(node.id());
          shard.post().lost(node);
        });
  }

  @Override
  public void merged() {
    context.runOnContext(
        v -> {
          together();
          shard.replication().follow();
          reclaim();
        });
  }

  /** Nodes have found each other, and may have to enter what they have in one directory. */
  private void together() {
    unsettledUntil = DeadlineTimer.now() + SETTLE_TIME;
    // Also told to a node that lost all others at once, which has found nobody.
    if (shard.nodes().all().size() > 1) {
      outcastUntil = 0;
    }
  }
}

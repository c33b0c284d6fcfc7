package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import io.vertx.core.Future;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Members that have announced that they leave, in a map that all members share. It tells a planned
 * restart from a loss. Used by any thread.
 */
final class PlannedLeaves {

  /** Minutes for which an announcement is stored; the member leaves within seconds. */
  private static final int STORED_MINUTES = 10;

  private final IMap<String, Boolean> announced;

  PlannedLeaves(HazelcastInstance hazelcast) {
    announced = hazelcast.getMap(DirectoryNames.LEAVING);
  }

  /** Announces that a member leaves. */
  Future<Void> announce(UUID member) {
    return Future.fromCompletionStage(
        announced.setAsync(member.toString(), true, STORED_MINUTES, TimeUnit.MINUTES));
  }

  /** Returns whether a member that has left had announced it. */
  Future<Boolean> includes(UUID member) {
    return Future.fromCompletionStage(announced.getAsync(member.toString()))
        .map(Boolean.TRUE::equals);
  }
}

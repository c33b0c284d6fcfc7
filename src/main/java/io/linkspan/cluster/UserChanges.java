package io.linkspan.cluster;

import io.vertx.core.Future;
import io.vertx.core.eventbus.EventBus;

/**
 * Announces to all nodes that what they remember of users is out of date. Announcements are not
 * confirmed; {@link UserCache} bounds for how long a lost one matters.
 */
final class UserChanges {

  private static final String ADDRESS = "linkspan.users.changed";

  /** Stands for the keys of all users. */
  private static final String ALL = "";

  private final EventBus bus;

  UserChanges(EventBus bus) {
    this.bus = bus;
  }

  /** Forgets what other nodes announce; completes when they all reach this node. */
  Future<Void> follow(UserCache cache) {
    return bus.<String>consumer(
            ADDRESS,
            changed -> {
              if (changed.body().equals(ALL)) {
                cache.forgetAll();
              } else {
                cache.forget(changed.body());
              }
            })
        .completion();
  }

  /** Announces that the entry with this key has changed. */
  void announce(String key) {
    bus.publish(ADDRESS, key);
  }

  /** Announces that entries of many users have changed. */
  void announceAll() {
    bus.publish(ADDRESS, ALL);
  }
}

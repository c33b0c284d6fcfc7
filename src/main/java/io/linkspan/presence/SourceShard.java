package io.linkspan.presence;

import io.linkspan.delivery.ShardBus;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.PresenceUpdate;
import io.linkspan.wire.PresenceWatch;
import io.linkspan.wire.ShardCall;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A shard that is asked for its users of the watched groups. It is asked for all groups again after
 * a failed call, and when it has others than it was asked for. Used only on one event loop.
 */
final class SourceShard implements CallChannel.Content {

  /** The groups that one shard watches. */
  interface Watched {

    /** Returns the bus address of the shard. */
    String address();

    /** Returns a number that is higher than the one before. */
    long nextNumber();

    /** Returns the names of the groups. */
    Set<String> groups();

    /** Returns the sum of the hashes of the names. */
    long digest();
  }

  private final String address;
  private final Watched watched;
  private final Consumer<String> absent;
  private final CallChannel channel;
  private final Set<String> added = new LinkedHashSet<>();
  private final Set<String> removed = new LinkedHashSet<>();
  private boolean all;
  private boolean checks;
  private boolean lost;
  private long lastNumber;

  /**
   * Creates a shard that is not asked for anything.
   *
   * @param address of the shard
   * @param absent called with the address when the shard has not started or has ended
   */
  SourceShard(
      ShardBus bus, Scheduler scheduler, String address, Watched watched, Consumer<String> absent) {
    this.address = address;
    this.watched = watched;
    this.absent = absent;
    channel = new CallChannel(bus, scheduler, address, this);
  }

  /** Returns whether an update is older than another one that has arrived, and notes it if not. */
  boolean isLate(PresenceUpdate update) {
    if (update.getNumber() <= lastNumber) {
      return true;
    }
    lastNumber = update.getNumber();
    return false;
  }

  /** Asks for a group. */
  void add(String group) {
    removed.remove(group);
    added.add(group);
    channel.wake();
  }

  /** Does not ask for a group any more. */
  void remove(String group) {
    if (!added.remove(group)) {
      removed.add(group);
    }
    channel.wake();
  }

  /** Asks for all groups again. */
  void addAll() {
    all = true;
    channel.wake();
  }

  /** Checks that the shard has the groups that it was asked for. */
  void check() {
    checks = true;
    channel.wake();
  }

  /** Returns whether its node has left, and its users are not removed yet. */
  boolean isLost() {
    return lost;
  }

  /** Its node has left. */
  void lose() {
    lost = true;
    channel.close();
  }

  @Override
  public ShardCall next() {
    if (!all && !checks && added.isEmpty() && removed.isEmpty()) {
      return null;
    }
    PresenceWatch.Builder call =
        PresenceWatch.newBuilder()
            .setWatcher(watched.address())
            .setNumber(watched.nextNumber())
            .setAll(all)
            .addAllAdded(all ? watched.groups() : added)
            .setCount(watched.groups().size())
            .setDigest(watched.digest());
    if (!all) {
      call.addAllRemoved(removed);
    }
    added.clear();
    removed.clear();
    all = false;
    checks = false;
    return ShardCall.newBuilder().setPresenceWatch(call).build();
  }

  @Override
  public void confirmed() {
    // The next call has what has changed meanwhile.
  }

  @Override
  public void failed(boolean isAbsent) {
    all = true;
    if (isAbsent) {
      absent.accept(address);
    }
  }
}

package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import io.linkspan.directory.DirectoryLookups;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.Nodes.Node;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.UserSessions;
import io.linkspan.time.RepeatedFailure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The directory of a cluster: two Hazelcast maps, from users to their sessions, from groups to the
 * nodes that have members. Shared by all event loops of the node; every future completes on the
 * context of its caller.
 *
 * <p>The entry of a user decides which shard owns a session, so that a session begins, moves and
 * ends with one change at one place. Its key can be told from the user's name and from the id of
 * each session, where a seal hides it. A session's owner and a group's nodes are looked up each
 * time: a claim must not end at a former owner, and a member whose join was confirmed must not miss
 * a later message.
 *
 * <p>A user's sessions are remembered by every node that looked them up. A change is announced to
 * the others if the user has other sessions than the one that begins, moves or ends. An only
 * session begins and ends silently: the one shard that such a node remembers does not have the
 * user, says so, and the node asks again.
 */
final class HazelcastSessionDirectory implements SessionDirectory {

  private static final Logger LOG = LoggerFactory.getLogger(HazelcastSessionDirectory.class);
  private static final RepeatedFailure UNRECORDED =
      new RepeatedFailure(
          LOG, Level.WARN, "the cluster did not record whether this node has members of a group");

  private final VertxInternal vertx;
  private final Node self;
  private final IMap<String, UserEntry> users;
  private final IMap<String, GroupEntry> groups;
  private final LocalGroupRegistry ownGroups = new LocalGroupRegistry(this::tell);
  private final LostSessionEvents events;
  private final IdSeals seals;
  private final UserChanges changes;
  private final UserKeys keys = new UserKeys();
  private final UserCache cache = new UserCache(System::nanoTime);
  private final DirectoryLookups lookups = new DirectoryLookups();
  private final ConcurrentMap<String, SessionRef> own = new ConcurrentHashMap<>();

  HazelcastSessionDirectory(
      Vertx vertx,
      HazelcastInstance hazelcast,
      Node self,
      IdSeals seals,
      UserChanges changes,
      LostSessionEvents events) {
    this.vertx = (VertxInternal) vertx;
    this.self = self;
    this.seals = seals;
    this.changes = changes;
    this.events = events;
    users = hazelcast.getMap(DirectoryNames.USERS);
    groups = hazelcast.getMap(DirectoryNames.GROUPS);
  }

  /** Learns of the changes that other nodes make; completes when they all reach this node. */
  Future<Void> follow(Nodes nodes) {
    nodes.watch(
        new Nodes.Listener() {
          @Override
          public void joined(Node node) {
            // It has no sessions yet.
          }

          @Override
          public void left(Node node) {
            // The sweep announces that its sessions are removed.
          }

          @Override
          public void merged() {
            cache.forgetAll();
          }
        });
    return changes.follow(cache);
  }

  @Override
  public String newId(String user) {
    return seals.own().newId(keys.of(user));
  }

  @Override
  public Future<UserSessions> add(SessionRef session) {
    own.put(session.session(), session);
    return change(session.user(), new UserEntry.Add(session), entry -> entry.sessions().size() > 1)
        .map(entry -> entry.about(session.user()))
        .onFailure(failure -> remove(session));
  }

  @Override
  public Future<Boolean> move(SessionRef from, SessionRef to) {
    return change(to.user(), new UserEntry.Move(from, to), moved -> moved)
        .onSuccess(
            moved -> {
              if (moved) {
                moved(to);
              }
            });
  }

  private void moved(SessionRef to) {
    if (to.node().equals(self.id())) {
      own.put(to.session(), to);
    } else {
      own.remove(to.session());
    }
  }

  @Override
  public void departs(SessionRef session) {
    own.remove(session.session(), session);
  }

  @Override
  public Future<Void> remove(SessionRef session) {
    return remove(session, 0);
  }

  @Override
  public Future<Void> remove(SessionRef session, long keep) {
    own.remove(session.session(), session);
    return change(session.user(), new UserEntry.Remove(session, keep), othersLeft -> othersLeft)
        .mapEmpty();
  }

  /**
   * Changes the entry of a user.
   *
   * @param announced whether the other nodes must hear of a change with this result
   */
  private <T> Future<T> change(
      String user, EntryProcessor<String, UserEntry, T> how, Predicate<T> announced) {
    String key = keys.of(user);
    return onContext(users.submitToKey(key, how))
        .onComplete(done -> changed(key, done.result(), announced));
  }

  /**
   * Ends a change.
   *
   * @param result null when the change failed, and may have been made nevertheless
   */
  private <T> void changed(String key, T result, Predicate<T> announced) {
    cache.forget(key);
    if (result == null || announced.test(result)) {
      changes.announce(key);
    }
  }

  @Override
  public Future<List<SessionRef>> sessionsOf(String user) {
    List<SessionRef> remembered = inCache(user);
    if (!remembered.isEmpty()) {
      lookups.answeredFromMemory();
      return Future.succeededFuture(remembered);
    }
    return askAgain(user);
  }

  private List<SessionRef> inCache(String user) {
    List<SessionRef> remembered = cache.get(keys.of(user));
    return remembered == null ? List.of() : UserEntry.of(remembered, user);
  }

  @Override
  public Future<List<SessionRef>> askAgain(String user) {
    lookups.askedCluster();
    UserCache.Place reading = cache.reading(keys.of(user));
    return onContext(users.getAsync(reading.key()))
        .map(
            entry -> {
              List<SessionRef> all = entry == null ? List.of() : entry.sessions();
              cache.read(reading, all);
              return UserEntry.of(all, user);
            });
  }

  @Override
  public Future<Void> park(String user, String shard, long keep) {
    return change(user, new UserEntry.Park(user, shard, keep), parked -> false).mapEmpty();
  }

  @Override
  public Future<SessionRef> find(String session) {
    SessionRef here = own.get(session);
    if (here != null) {
      lookups.answeredHere();
      return Future.succeededFuture(here);
    }
    if (!IdSeal.isOn(session)) {
      return Future.succeededFuture();
    }
    lookups.askedCluster();
    return seals
        .find(IdSeal.numberIn(session))
        .compose(
            seal ->
                seal == null
                    ? Future.succeededFuture()
                    : onContext(users.getAsync(seal.userKeyIn(session)))
                        .map(entry -> entry == null ? null : entry.find(session)));
  }

  @Override
  public Future<List<SessionRef>> reclaim(Map<SessionRef, Set<String>> owned) {
    List<SessionRef> lost = new ArrayList<>();
    List<Future<Void>> claims = new ArrayList<>(owned.size());
    owned.forEach((session, its) -> claims.add(reclaim(session, its, lost)));
    Set<String> all = owned.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
    return Future.join(Future.join(claims), hop(ownGroups.repeat(all))).map(v -> lost);
  }

  private Future<Void> reclaim(SessionRef session, Set<String> its, List<SessionRef> lost) {
    return change(session.user(), new UserEntry.Reclaim(session, its), claim -> true)
        .map(
            result -> {
              switch (UserEntry.Claim.valueOf(result)) {
                case LOST -> {
                  own.remove(session.session(), session);
                  lost.add(session);
                }
                case RESTORED -> events.found(session, its);
                case KEPT -> {
                  // The directory has not lost it.
                }
              }
              return null;
            });
  }

  @Override
  public Future<Void> joined(SessionRef session, String group) {
    return note(session, group, true);
  }

  @Override
  public Future<Void> left(SessionRef session, String group) {
    return note(session, group, false);
  }

  private Future<Void> note(SessionRef session, String group, boolean member) {
    var membership = new UserEntry.Membership(session, group, member);
    return change(session.user(), membership, noted -> false).mapEmpty();
  }

  @Override
  public Future<Void> addGroup(String group, String shard) {
    return hop(ownGroups.add(group, shard));
  }

  @Override
  public Future<Void> removeGroup(String group, String shard) {
    return hop(ownGroups.remove(group, shard));
  }

  /**
   * Records a change of a group. It completes on a Vert.x context, where the next change of the
   * group may begin: Hazelcast refuses operations on the threads that report its results.
   */
  private Future<Void> tell(String group, boolean members) {
    return onContext(
            groups.submitToKey(
                group, members ? new GroupEntry.Add(self.id()) : new GroupEntry.Remove(self.id())))
        .<Void>mapEmpty()
        .onFailure(UNRECORDED::add);
  }

  @Override
  public Future<Collection<String>> addressesOf(String group) {
    lookups.askedCluster();
    return onContext(groups.getAsync(group))
        .map(
            entry -> {
              Collection<String> here = ownGroups.shards(group);
              return entry == null ? here : withOthers(here, entry.nodes());
            });
  }

  private Collection<String> withOthers(Collection<String> here, Set<String> nodes) {
    if (nodes.isEmpty() || (nodes.size() == 1 && nodes.contains(self.id()))) {
      return here;
    }
    List<String> addresses = new ArrayList<>(here.size() + nodes.size());
    addresses.addAll(here);
    for (String node : nodes) {
      if (!node.equals(self.id())) {
        addresses.add(Node.addressOf(node));
      }
    }
    return addresses;
  }

  @Override
  public Collection<String> shardsHere(String group) {
    return ownGroups.shards(group);
  }

  @Override
  public DirectoryLookups lookups() {
    return lookups;
  }

  private <T> Future<T> onContext(CompletionStage<T> stage) {
    return HazelcastFutures.onContext(vertx, stage).onFailure(failure -> lookups.failed());
  }

  private <T> Future<T> hop(Future<T> future) {
    Promise<T> promise = vertx.getOrCreateContext().promise();
    future.onComplete(promise);
    return promise.future();
  }
}

package io.linkspan.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.EntryProcessor;
import com.hazelcast.map.IMap;
import io.linkspan.directory.DirectoryLookups;
import io.linkspan.directory.Nodes.Node;
import io.linkspan.directory.SessionDirectory;
import io.linkspan.directory.SessionIds;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
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
 * each session, where a seal hides it. A user's sessions are cached by every node that looked them
 * up, until they change. A session's owner and a group's nodes are looked up each time: a claim
 * must not end at a former owner, and a member whose join was confirmed must not miss a later
 * message.
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
  private final UserKeys keys = new UserKeys();
  private final DirectoryLookups lookups = new DirectoryLookups();
  private final ConcurrentMap<String, SessionRef> own = new ConcurrentHashMap<>();

  /** Keys of the entries that this node is changing, with the number of changes in progress. */
  private final ConcurrentMap<String, Integer> changing = new ConcurrentHashMap<>();

  HazelcastSessionDirectory(
      Vertx vertx,
      HazelcastInstance hazelcast,
      Node self,
      IdSeals seals,
      LostSessionEvents events) {
    this.vertx = (VertxInternal) vertx;
    this.self = self;
    this.seals = seals;
    this.events = events;
    users = hazelcast.getMap(DirectoryNames.USERS);
    groups = hazelcast.getMap(DirectoryNames.GROUPS);
  }

  @Override
  public String newId(String user) {
    return seals.own().newId(keys.of(user));
  }

  @Override
  public Future<UserSessions> add(SessionRef session) {
    own.put(session.session(), session);
    return change(session.user(), new UserEntry.Add(session))
        .map(entry -> entry.about(session.user()))
        .onFailure(failure -> remove(session));
  }

  @Override
  public Future<Boolean> move(SessionRef from, SessionRef to) {
    return change(to.user(), new UserEntry.Move(from, to))
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
    return change(session.user(), new UserEntry.Remove(session, keep)).mapEmpty();
  }

  /**
   * Changes the entry of a user. Hazelcast invalidates this node's near cache when the change
   * begins, and not again when it ends. A value that is read in between would stay in the cache. So
   * reads bypass the cache until the change has ended.
   */
  private <T> Future<T> change(String user, EntryProcessor<String, UserEntry, T> how) {
    String key = keys.of(user);
    changing.merge(key, 1, Integer::sum);
    try {
      return onContext(
          users
              .submitToKey(key, how)
              .whenCompleteAsync((value, failure) -> changed(key), Runnable::run));
    } catch (RuntimeException e) {
      changed(key);
      throw e;
    }
  }

  private void changed(String key) {
    changing.computeIfPresent(key, (name, under) -> under == 1 ? null : under - 1);
  }

  @Override
  public Future<List<SessionRef>> sessionsOf(String user) {
    String key = keys.of(user);
    if (changing.containsKey(key)) {
      return askAgain(user);
    }
    CompletableFuture<UserEntry> answer = users.getAsync(key).toCompletableFuture();
    if (!answer.isDone() || answer.isCompletedExceptionally()) {
      lookups.askedCluster();
      return onContext(answer).map(entry -> sessionsIn(entry, user));
    }
    List<SessionRef> remembered = sessionsIn(answer.join(), user);
    if (!remembered.isEmpty()) {
      lookups.answeredFromMemory();
      return Future.succeededFuture(remembered);
    }
    // A cached absence may be stale, and there is no shard that could correct it.
    return askAgain(user);
  }

  @Override
  public Future<List<SessionRef>> askAgain(String user) {
    lookups.askedCluster();
    return read(keys.of(user)).map(entry -> sessionsIn(entry, user));
  }

  private Future<UserEntry> read(String key) {
    return onContext(users.submitToKey(key, new UserEntry.Read()));
  }

  private static List<SessionRef> sessionsIn(UserEntry entry, String user) {
    return entry == null ? List.of() : entry.of(user);
  }

  @Override
  public Future<Void> park(String user, String shard, long keep) {
    return change(user, new UserEntry.Park(user, shard, keep)).mapEmpty();
  }

  @Override
  public Future<SessionRef> find(String session) {
    SessionRef here = own.get(session);
    if (here != null) {
      lookups.answeredHere();
      return Future.succeededFuture(here);
    }
    if (!SessionIds.isId(session)) {
      return Future.succeededFuture();
    }
    lookups.askedCluster();
    return seals
        .find(IdSeal.numberIn(session))
        .compose(
            seal ->
                seal == null
                    ? Future.succeededFuture()
                    : read(seal.userKeyIn(session))
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
    return change(session.user(), new UserEntry.Reclaim(session, its))
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
    return change(session.user(), new UserEntry.Membership(session, group, member)).mapEmpty();
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

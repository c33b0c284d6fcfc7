package io.linkspan.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Tests the guarantees of every directory, alone and in a cluster. */
public abstract class SessionDirectoryContract {

  /** A name that no other test uses. */
  private final String user = "user-" + UUID.randomUUID();

  /** The directory as this node sees it. */
  protected abstract SessionDirectory directory();

  /** Bus address of a shard of this node. */
  protected abstract String shard(int index);

  protected static <T> T await(Future<T> future) {
    return TestGateway.await(future);
  }

  protected SessionRef session(String shard) {
    return new SessionRef(directory().newId(user), user, shard);
  }

  @Test
  void aUsersSessionsAreListedOldestFirst() {
    SessionRef first = session(shard(0));
    SessionRef second = session(shard(1));
    assertThat(await(directory().sessionsOf(user))).isEmpty();
    assertThat(await(directory().add(first)).sessions()).containsExactly(first);
    assertThat(await(directory().sessionsOf(user))).containsExactly(first);
    assertThat(await(directory().add(second)).sessions()).containsExactly(first, second);
    assertThat(await(directory().find(second.session()))).isEqualTo(second);
    await(directory().remove(first));
    assertThat(await(directory().sessionsOf(user))).containsExactly(second);
    assertThat(await(directory().find(first.session()))).isNull();
    await(directory().remove(second));
    assertThat(await(directory().sessionsOf(user))).isEmpty();
  }

  @Test
  void ofTwoConcurrentMovesOfASessionOneSucceeds() {
    SessionRef old = session(shard(0));
    var one = new SessionRef(old.session(), user, shard(1));
    var other = new SessionRef(old.session(), user, shard(2));
    await(directory().add(old));
    Future<Boolean> first = directory().move(old, one);
    Future<Boolean> second = directory().move(old, other);
    assertThat(await(first)).isNotEqualTo(await(second));
    SessionRef winner = await(first) ? one : other;
    assertThat(await(directory().find(old.session()))).isEqualTo(winner);
    assertThat(await(directory().sessionsOf(user))).containsExactly(winner);
  }

  @Test
  void aFormerOwnerCannotRemoveASession() {
    SessionRef old = session(shard(0));
    var moved = new SessionRef(old.session(), user, shard(1));
    await(directory().add(old));
    assertThat(await(directory().move(old, moved))).isTrue();
    await(directory().remove(old));
    assertThat(await(directory().find(old.session()))).isEqualTo(moved);
    assertThat(await(directory().sessionsOf(user))).containsExactly(moved);
    await(directory().remove(moved));
    assertThat(await(directory().move(moved, old))).isFalse();
    assertThat(await(directory().sessionsOf(user))).isEmpty();
  }

  @Test
  void aMoveKeepsTheOrderOfAUsersSessions() {
    SessionRef first = session(shard(0));
    SessionRef second = session(shard(0));
    await(directory().add(first));
    await(directory().add(second));
    var moved = new SessionRef(first.session(), user, shard(1));
    assertThat(await(directory().move(first, moved))).isTrue();
    assertThat(await(directory().sessionsOf(user))).containsExactly(moved, second);
  }

  @Test
  void reclaimingAnExistingEntryLosesNothing() {
    SessionRef session = session(shard(0));
    await(directory().add(session));
    assertThat(await(directory().reclaim(Map.of(session, Set.of())))).isEmpty();
    assertThat(await(directory().sessionsOf(user))).containsExactly(session);
  }

  @Test
  void aGroupIsFoundOnEveryShardWithAMember() {
    String group = "group-" + UUID.randomUUID();
    assertThat(await(directory().addressesOf(group))).isEmpty();
    await(
        Future.join(directory().addGroup(group, shard(0)), directory().addGroup(group, shard(1))));
    assertThat(await(directory().addressesOf(group))).containsExactlyInAnyOrder(shard(0), shard(1));
    assertThat(directory().shardsHere(group)).containsExactlyInAnyOrder(shard(0), shard(1));
    await(directory().removeGroup(group, shard(0)));
    assertThat(await(directory().addressesOf(group))).containsExactly(shard(1));
    await(directory().removeGroup(group, shard(1)));
    assertThat(await(directory().addressesOf(group))).isEmpty();
    assertThat(directory().shardsHere(group)).isEmpty();
  }
}

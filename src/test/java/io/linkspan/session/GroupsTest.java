package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.directory.SessionRef;
import io.linkspan.directory.ShardAddress;
import io.linkspan.session.replica.SessionReplica;
import io.linkspan.testing.SimulatedDirectory;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupsTest {

  private static final String SHARD = ShardAddress.of("a", 0);
  private static final int MAX_GROUPS = 3;

  /** A session as far as groups go. */
  private static final class Member implements GroupMember {
    private final SessionRef ref;
    private final Memberships memberships = new Memberships();

    Member(String id) {
      ref = new SessionRef(id, "user", SHARD);
    }

    @Override
    public SessionRef ref() {
      return ref;
    }

    @Override
    public Memberships memberships() {
      return memberships;
    }

    @Override
    public String transport() {
      return "none";
    }

    @Override
    public Long data() {
      return null;
    }

    @Override
    public SessionReplica replica() {
      return SessionReplica.none();
    }
  }

  private final VirtualTime time = new VirtualTime();
  private final SimulatedDirectory directory = new SimulatedDirectory(time);
  private final List<JsonObject> events = new ArrayList<>();
  private final Groups<Member> groups =
      new Groups<>(
          directory,
          new SessionEvents(events::add, "a"),
          SHARD,
          MAX_GROUPS,
          TestMemory.budget().newAccount());
  private final Member alice = new Member("alice-1");
  private final Member bob = new Member("bob-1");

  private List<String> names() {
    return events.stream()
        .map(event -> event.getString("event") + " " + event.getString("group"))
        .toList();
  }

  @Test
  void theDirectoryIsNotifiedOfTheFirstMemberAndOfTheLastOne() {
    groups.join(alice, "g");
    groups.join(bob, "g");
    assertThat(directory.shardsHere("g")).containsExactly(SHARD);
    assertThat(groups.membersOf("g")).containsExactly(alice, bob);
    groups.leave(alice, "g");
    assertThat(directory.shardsHere("g")).containsExactly(SHARD);
    groups.leave(bob, "g");
    assertThat(directory.shardsHere("g")).isEmpty();
    assertThat(groups.membersOf("g")).isEmpty();
    assertThat(names()).containsExactly("joined g", "joined g", "left g", "left g");
  }

  @Test
  void aJoinEndsWhenTheMemberIsReachableFromEverywhere() {
    directory.delay = () -> 100;
    Future<Void> joined = groups.join(alice, "g");
    time.advance(99);
    assertThat(joined.isComplete()).isFalse();
    assertThat(events).isEmpty();
    time.advance(1);
    assertThat(joined.succeeded()).isTrue();
    assertThat(names()).containsExactly("joined g");
  }

  @Test
  void joiningTwiceAndLeavingWithoutAMembershipAreNoEvents() {
    groups.join(alice, "g");
    assertThat(groups.join(alice, "g").succeeded()).isTrue();
    groups.leave(alice, "h");
    assertThat(names()).containsExactly("joined g");
  }

  @Test
  void membershipsOfOneSessionAreBounded() {
    for (int i = 0; i < MAX_GROUPS; i++) {
      assertThat(groups.join(alice, "g" + i).succeeded()).isTrue();
    }
    assertThat(groups.join(alice, "one too many").cause())
        .isInstanceOfSatisfying(
            MessageException.class,
            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.FORBIDDEN));
    assertThat(groups.join(alice, "g0").succeeded()).isTrue();
    assertThat(groups.join(bob, "g0").succeeded()).isTrue();
    assertThat(groups.membersOf("one too many")).isEmpty();
  }

  @Test
  void aSessionThatEndsLeavesAllItsGroups() {
    groups.join(alice, "g");
    groups.join(alice, "h");
    groups.leaveAll(alice);
    assertThat(alice.groups()).isEmpty();
    assertThat(groups.membersOf("g")).isEmpty();
    assertThat(names()).containsExactly("joined g", "joined h", "left g", "left h");
  }

  @Test
  void aTransferIsNoEventAndTheSessionKeepsItsGroups() {
    alice.memberships().add("g");
    groups.addTransferred(alice);
    assertThat(groups.reachable(alice).succeeded()).isTrue();
    assertThat(groups.membersOf("g")).containsExactly(alice);
    assertThat(directory.shardsHere("g")).containsExactly(SHARD);
    groups.removeTransferred(alice);
    assertThat(groups.membersOf("g")).isEmpty();
    assertThat(directory.shardsHere("g")).isEmpty();
    assertThat(alice.groups()).containsExactly("g");
    assertThat(events).isEmpty();
  }
}

package io.linkspan.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LocalGroupRegistryTest {

  private static final String GROUP = "group";

  private final List<Boolean> told = new ArrayList<>();
  private final List<Promise<Void>> answers = new ArrayList<>();
  private final LocalGroupRegistry groups =
      new LocalGroupRegistry(
          (group, members) -> {
            assertThat(group).isEqualTo(GROUP);
            told.add(members);
            Promise<Void> answer = Promise.promise();
            answers.add(answer);
            return answer.future();
          });

  @Test
  void onlyTheFirstAndTheLastShardChangeTheDirectory() {
    groups.add(GROUP, "a");
    answers.get(0).complete();
    assertThat(groups.add(GROUP, "b").succeeded()).isTrue();
    assertThat(groups.remove(GROUP, "a").succeeded()).isTrue();
    assertThat(told).containsExactly(true);
    groups.remove(GROUP, "b");
    assertThat(told).containsExactly(true, false);
    assertThat(groups.shards(GROUP)).isEmpty();
  }

  @Test
  void aSecondShardWaitsUntilTheNodeIsEntered() {
    Future<Void> first = groups.add(GROUP, "a");
    Future<Void> second = groups.add(GROUP, "b");
    assertThat(first.isComplete() || second.isComplete()).isFalse();
    answers.get(0).complete();
    assertThat(first.succeeded() && second.succeeded()).isTrue();
  }

  @Test
  void changesOfOneGroupAreMadeOneAfterTheOther() {
    groups.add(GROUP, "a");
    groups.remove(GROUP, "a");
    Future<Void> again = groups.add(GROUP, "b");
    assertThat(told).containsExactly(true);
    answers.get(0).complete();
    assertThat(told).containsExactly(true, false);
    answers.get(1).fail("no answer");
    assertThat(told).containsExactly(true, false, true);
    assertThat(again.isComplete()).isFalse();
    answers.get(2).complete();
    assertThat(again.succeeded()).isTrue();
  }

  @Test
  void aShardWithoutMembersChangesNothingWhenItLeaves() {
    groups.remove(GROUP, "a");
    assertThat(told).isEmpty();
  }

  @Test
  void onlyGroupsWithMembersOnThisNodeAreRecordedAgain() {
    groups.repeat(Set.of(GROUP));
    assertThat(told).isEmpty();
    groups.add(GROUP, "a");
    answers.get(0).complete();
    groups.repeat(Set.of(GROUP));
    assertThat(told).containsExactly(true, true);
  }
}

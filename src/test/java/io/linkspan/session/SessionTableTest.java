package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.TestMemory;
import org.junit.jupiter.api.Test;

class SessionTableTest {

  private final SimulatedShard parts =
      new SimulatedShard(
          SimulatedShard.limits(0, 10, 10, 1_000),
          exchange -> {
            throw new AssertionError("nobody joins");
          });
  private final SessionTable table = new SessionTable(TestMemory.budget().newAccount());
  private final Session one = parts.session("1", "alice");
  private final Session two = parts.session("2", "alice");
  private final Session other = parts.session("3", "bob");

  SessionTableTest() {
    table.add(one);
    table.add(two);
    table.add(other);
  }

  @Test
  void sessionsAreFoundByIdAndByUser() {
    assertThat(table.find("1")).isSameAs(one);
    assertThat(table.ofId("2")).containsExactly(two);
    assertThat(table.ofUser("alice")).containsExactly(one, two);
    assertThat(table.owned()).containsExactly(one, two, other);
    assertThat(table.find("unknown")).isNull();
    assertThat(table.ofId("unknown")).isNull();
    assertThat(table.ofUser("unknown")).isNull();
  }

  @Test
  void aSessionThatHasEndedIsGone() {
    table.remove(one);
    assertThat(table.find("1")).isNull();
    assertThat(table.ofUser("alice")).containsExactly(two);
    table.remove(two);
    assertThat(table.ofUser("alice")).isNull();
    assertThat(table.owned()).containsExactly(other);
  }

  @Test
  void aSessionThatHasMovedIsFoundUntilItIsForgottenButNotOwned() {
    table.move(one);
    assertThat(table.hasMoved()).isTrue();
    assertThat(table.find("1")).isNull();
    assertThat(table.findMoved("1")).isSameAs(one);
    assertThat(table.ofId("1")).containsExactly(one);
    assertThat(table.ofUser("alice")).containsExactly(one, two);
    assertThat(table.owned()).containsExactly(two, other);
    table.forget(one);
    assertThat(table.hasMoved()).isFalse();
    assertThat(table.ofId("1")).isNull();
    assertThat(table.ofUser("alice")).containsExactly(two);
  }

  @Test
  void aSessionThatStaysIsOwnedAgain() {
    table.move(one);
    table.moveBack(one);
    assertThat(table.find("1")).isSameAs(one);
    assertThat(table.findMoved("1")).isNull();
    assertThat(table.ofUser("alice")).containsExactly(one, two);
  }

  @Test
  void anOwnedSessionIsFoundBeforeAFormerObjectOfIt() {
    table.move(one);
    Session again = parts.session("1", "alice");
    table.add(again);
    assertThat(table.ofId("1")).containsExactly(again);
    table.forget(one);
    assertThat(table.ofId("1")).containsExactly(again);
    assertThat(table.ofUser("alice")).containsExactly(two, again);
  }
}

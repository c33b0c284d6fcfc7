package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.GatewayClient.By;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.delivery.InboundExchange;
import io.linkspan.delivery.MessageDefaults;
import io.linkspan.delivery.Sender;
import io.linkspan.delivery.ServiceRecorder;
import io.linkspan.history.GroupHistories;
import io.linkspan.presence.Presence;
import io.linkspan.presence.PresenceConfig;
import io.linkspan.presence.PresenceParts;
import io.linkspan.testing.SimulatedNodes;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JoinRequestsTest {

  private static final int MAX_GROUPS = 3;
  private static final int MAX_WATCHES = 2;

  private final SimulatedShard parts =
      new SimulatedShard(
          SimulatedShard.limits(0, 10, 10, 1_000),
          exchange -> {
            throw new AssertionError("the test makes the requests");
          });
  private final SessionTable table = new SessionTable(parts.memory);
  private final Groups<Session> groups =
      new Groups<>(parts.directory, parts.events, SimulatedShard.SHARD, MAX_GROUPS, parts.memory);
  private final GroupPresence presence = presence();
  private final HistoryDelivery history =
      new HistoryDelivery(
          GroupHistories.OFF, groups, parts.time, new MessageDefaults("a-0-"), parts.memory);
  private final JoinRequests requests =
      new JoinRequests(table, groups, presence, history, () -> SimulatedShard.MAX_NAMES);
  private final Session session = parts.session("s", "alice");
  private final List<String> outcomes = new ArrayList<>();

  JoinRequestsTest() {
    table.add(session);
  }

  private GroupPresence presence() {
    var shard =
        new Presence(
            new PresenceParts(
                parts.bus.from(SimulatedShard.SHARD),
                parts.time,
                new SimulatedNodes(6_000, "a"),
                SimulatedShard.SHARD,
                new PresenceConfig(MAX_WATCHES, 100),
                parts.memory,
                parts.metrics.presence()),
            new MessageDefaults("a-0-"),
            new Presence.Sessions() {
              @Override
              public void forEachUserIn(String group, Consumer<String> action) {
                groups.membersOf(group).forEach(member -> action.accept(member.user()));
              }

              @Override
              public boolean isAdopting(String node) {
                return false;
              }
            });
    var clients = new GroupPresence(shard, MAX_WATCHES);
    groups.listen(clients);
    return clients;
  }

  private void change(String type, String body) {
    requests.change(new Exchange(Message.newBuilder().setType(type).setBody(body).build()));
  }

  private final class Exchange implements InboundExchange {
    private final Message message;

    Exchange(Message message) {
      this.message = message;
    }

    @Override
    public Message message() {
      return message;
    }

    @Override
    public Sender sender() {
      return SimulatedShard.sender("s", "alice");
    }

    @Override
    public void routed(String destination) {}

    @Override
    public void calls(ServiceRecorder service) {}

    @Override
    public void givenToService() {
      throw new AssertionError("no service takes part");
    }

    @Override
    public void accepted() {
      outcomes.add("accepted");
    }

    @Override
    public void answered(Message answer) {
      throw new AssertionError("there is no answer");
    }

    @Override
    public void delivered(By by, Message reply) {
      throw new AssertionError("nothing is delivered");
    }

    @Override
    public void failed(MessageException failure) {
      outcomes.add(failure.code().code());
    }
  }

  @Test
  void aNameOrAnArrayOfNamesIsJoinedAndLeft() {
    change(GroupRequests.JOIN, "one");
    change(GroupRequests.JOIN, "[\"two\",\"three\"]");
    assertThat(session.groups()).containsExactly("one", "two", "three");
    change(GroupRequests.LEAVE, "[\"one\",\"three\",\"unknown\"]");
    assertThat(session.groups()).containsExactly("two");
    assertThat(outcomes).containsExactly("accepted", "accepted", "accepted");
  }

  @Test
  void groupsAreWatchedUpToABound() {
    change(GroupRequests.WATCH, "[\"one\",\"two\"]");
    change(GroupRequests.WATCH, "two");
    change(GroupRequests.WATCH, "three");
    change(GroupRequests.UNWATCH, "[\"one\",\"unknown\"]");
    change(GroupRequests.WATCH, "three");
    assertThat(outcomes)
        .containsExactly("accepted", "accepted", "forbidden", "accepted", "accepted");
    assertThat(session.client().watched()).containsExactly("two", "three");
    assertThat(session.groups()).isEmpty();
  }

  @Test
  void aClientThatJoinsMayWatchUntilItLeaves() {
    var join =
        Message.newBuilder()
            .setType(GroupRequests.JOIN)
            .setBody("one")
            .putHeaders(Headers.PRESENCE, "true")
            .build();
    requests.change(new Exchange(join));
    assertThat(session.client().watched()).containsExactly("one");
    change(GroupRequests.LEAVE, "one");
    assertThat(session.client().watched()).isEmpty();
  }

  @Test
  void aJoinThatFailsWatchesNothing() {
    parts.directory.failing = true;
    requests.change(
        new Exchange(
            Message.newBuilder()
                .setType(GroupRequests.JOIN)
                .setBody("one")
                .putHeaders(Headers.PRESENCE, "true")
                .build()));
    assertThat(outcomes).containsExactly("internal");
    assertThat(session.client().watched()).isEmpty();
  }

  @Test
  void theOutcomeFollowsTheDirectory() {
    parts.directory.delay = () -> 100;
    change(GroupRequests.JOIN, "one");
    assertThat(outcomes).isEmpty();
    parts.time.advance(100);
    assertThat(outcomes).containsExactly("accepted");
  }

  @Test
  void oneGroupTooManyIsForbidden() {
    change(GroupRequests.JOIN, "[\"1\",\"2\",\"3\",\"4\"]");
    assertThat(outcomes).containsExactly("forbidden");
    assertThat(session.groups()).hasSize(MAX_GROUPS);
  }

  @Test
  void aDirectoryThatFailsIsAnError() {
    parts.directory.failing = true;
    change(GroupRequests.JOIN, "one");
    assertThat(outcomes).containsExactly("internal");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "[]", "[1]", "[null]", "[\"\"]", "[[\"a\"]]", "[\"a\"", "[}"})
  void anythingElseIsMalformed(String body) {
    change(GroupRequests.JOIN, body);
    assertThat(outcomes).containsExactly("malformed");
    assertThat(session.groups()).isEmpty();
  }

  @Test
  void aNameThatIsTooLongIsMalformed() {
    change(GroupRequests.JOIN, "x".repeat(Inbox.MAX_NAME));
    change(GroupRequests.JOIN, "x".repeat(Inbox.MAX_NAME + 1));
    assertThat(outcomes).containsExactly("accepted", "malformed");
  }

  @Test
  void aSessionThatHasEndedCannotJoin() {
    table.remove(session);
    change(GroupRequests.JOIN, "one");
    assertThat(outcomes).containsExactly("no-such-recipient");
    assertThat(groups.membersOf("one")).isEmpty();
  }
}

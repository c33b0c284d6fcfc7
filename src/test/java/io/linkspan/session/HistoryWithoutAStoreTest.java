package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.api.MessageException;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.delivery.GroupRequests;
import io.linkspan.log.LogStore;
import io.linkspan.log.MemoryLogStore;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.session.SimulatedCluster.Client;
import io.linkspan.testing.RecordingCallback;
import io.linkspan.testing.TestMemory;
import io.vertx.core.Future;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Groups with a history while the store of logs does not answer, in virtual time. */
class HistoryWithoutAStoreTest {

  private final LogStore memory =
      new MemoryLogStore(new SharedMemoryAccount(TestMemory.budget()), 1 << 30);
  private boolean failing = true;
  private final List<String> outcomes = new ArrayList<>();
  private final SimulatedCluster cluster = new SimulatedCluster(1, 0, 2, failing());
  private final Client alice = cluster.new Client("alice");

  HistoryWithoutAStoreTest() {
    alice.connect();
    cluster.time.advance(2_000);
    assertThat(alice.isConnected()).isTrue();
  }

  /** Returns a store that fails on demand. */
  private LogStore failing() {
    return (LogStore)
        Proxy.newProxyInstance(
            LogStore.class.getClassLoader(),
            new Class<?>[] {LogStore.class},
            (proxy, method, arguments) -> {
              if (failing) {
                return Future.failedFuture(
                    new MessageException(ErrorCode.UNAVAILABLE, "the store does not answer"));
              }
              try {
                return method.invoke(memory, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private String send(String eventId) {
    var outcome = new RecordingCallback();
    Message message =
        Message.newBuilder()
            .setEventId(eventId)
            .setFrom("service")
            .setTo("group:room")
            .putHeaders(Headers.HISTORY, "60")
            .build();
    cluster.nodes.get(0).shard.route(message, DeliveryScope.ACCEPTED, complete -> outcome);
    cluster.time.advance(5_000);
    return outcome.outcome();
  }

  private void join(String since) {
    Message.Builder join =
        Message.newBuilder()
            .setEventId("join" + outcomes.size())
            .setType(GroupRequests.JOIN)
            .setBody("room");
    if (since != null) {
      join.putHeaders(Headers.SINCE, since);
    }
    alice.send(
        join.build(),
        new Receipt() {
          @Override
          public void accepted(String eventId) {
            outcomes.add("accepted");
          }

          @Override
          public void refused(String eventId, MessageException why) {
            outcomes.add(why.code().code());
          }
        });
    cluster.time.advance(5_000);
  }

  @Test
  void aMessageThatCannotBeKeptIsNotSent() {
    join(null);
    assertThat(send("m0")).isEqualTo("unavailable");
    assertThat(alice.inOrder).isEmpty();
    failing = false;
    assertThat(send("m1")).isEqualTo("transport");
    assertThat(alice.inOrder).containsExactly("m1");
  }

  @Test
  void aJoinThatAsksForThePastFailsAndCanBeRepeated() {
    failing = false;
    send("m0");
    failing = true;
    join("0:0");
    assertThat(outcomes).containsExactly("unavailable");
    failing = false;
    send("m1");
    assertThat(alice.inOrder).as("it is not a member").isEmpty();
    join("0:0");
    assertThat(outcomes).containsExactly("unavailable", "accepted");
    assertThat(alice.inOrder).containsSubsequence("m0", "m1");
  }

  @Test
  void aMemberThatAsksAgainStaysOne() {
    failing = false;
    join(null);
    send("m0");
    failing = true;
    join("10");
    assertThat(outcomes).containsExactly("accepted", "unavailable");
    failing = false;
    send("m1");
    assertThat(alice.inOrder).containsExactly("m0", "m1");
  }
}

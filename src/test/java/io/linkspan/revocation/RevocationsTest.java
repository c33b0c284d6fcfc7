package io.linkspan.revocation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Source;
import io.linkspan.testing.TestGateway;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One node and a store of its cluster that can fail. */
class RevocationsTest {

  private static final class Store implements RevocationStore {
    final Map<String, Revocation> entries = new ConcurrentHashMap<>();
    final AtomicInteger failures = new AtomicInteger();
    volatile Promise<Void> gate;
    volatile Listener listener;

    @Override
    public Future<Void> put(Revocation entry) {
      if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        return Future.failedFuture("down");
      }
      entries.put(entry.id(), entry);
      return Future.succeededFuture();
    }

    @Override
    public Future<Void> remove(String id) {
      entries.remove(id);
      return Future.succeededFuture();
    }

    @Override
    public Future<Collection<Revocation>> all() {
      if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        return Future.failedFuture("down");
      }
      Future<Void> open = gate == null ? Future.succeededFuture() : gate.future();
      return open.map(v -> new ArrayList<>(entries.values()));
    }

    @Override
    public Future<Void> watch(Listener to) {
      listener = to;
      return Future.succeededFuture();
    }
  }

  private final Vertx vertx = Vertx.vertx();
  private final Store store = new Store();
  private final List<Revocation> added = new CopyOnWriteArrayList<>();
  private final Revocations revocations =
      new Revocations(
          vertx,
          () -> new RevocationConfig(2, Duration.ofHours(1)),
          store,
          new RevocationMetrics(new SimpleMeterRegistry()));

  @AfterEach
  void stop() {
    TestGateway.await(vertx.close());
  }

  private void start() {
    revocations.listen(added::add);
    TestGateway.await(revocations.start());
  }

  private Revocation ofOther(Revocation request) {
    return RevocationRules.complete(request, Source.SERVICE, Instant.now(), Duration.ofHours(1));
  }

  @Test
  void entriesOfTheOthersAreReadBeforeClientsAreAdmitted() {
    Revocation entry = ofOther(Revocation.ofToken("t1"));
    store.entries.put(entry.id(), entry);
    assertThat(revocations.isComplete()).isFalse();
    start();
    assertThat(revocations.isComplete()).isTrue();
    assertThat(revocations.find("alice", "t1", 0)).isEqualTo(entry);
  }

  @Test
  void listenerReceivesWhatAnyNodeAddsOnce() {
    start();
    Revocation own = TestGateway.await(revocations.add(Revocation.ofToken("t1"), Source.OPERATOR));
    store.listener.added(own);
    Revocation other = ofOther(Revocation.ofToken("t2"));
    store.listener.added(other);
    assertThat(added).containsExactly(own, other);
    store.listener.removed(other.id());
    assertThat(revocations.find("alice", "t2", 0)).isNull();
  }

  @Test
  void noClientIsAdmittedAfterAPartitionUntilBothSidesHaveAllEntries() {
    start();
    Revocation own = TestGateway.await(revocations.add(Revocation.ofToken("t1"), Source.OPERATOR));
    // The other side does not know it, and has one of its own.
    store.entries.clear();
    Revocation other = ofOther(Revocation.ofToken("t2"));
    store.entries.put(other.id(), other);
    store.gate = Promise.promise();
    store.failures.set(2);
    store.listener.interrupted(true);
    assertThat(revocations.isComplete()).isFalse();
    store.gate.complete();
    Awaitility.await().until(revocations::isComplete);
    assertThat(revocations.find("alice", "t2", 0)).isEqualTo(other);
    Awaitility.await().until(() -> store.entries.containsKey(own.id()));
    assertThat(store.entries).containsOnlyKeys(own.id(), other.id());
  }

  @Test
  void lossOfANodeKeepsNobodyOut() {
    start();
    store.gate = Promise.promise();
    store.listener.interrupted(false);
    assertThat(revocations.isComplete()).isTrue();
    Revocation missed = ofOther(Revocation.ofToken("t2"));
    store.entries.put(missed.id(), missed);
    store.gate.complete();
    Awaitility.await().until(() -> revocations.find("alice", "t2", 0) != null);
  }

  @Test
  void entryThatDoesNotReachTheOthersIsInForceHere() {
    start();
    store.failures.set(1);
    Future<Revocation> failed = revocations.add(Revocation.ofToken("t1"), Source.OPERATOR);
    assertThatExceptionOfType(MessageException.class)
        .isThrownBy(() -> TestGateway.await(failed))
        .matches(failure -> failure.code() == ErrorCode.UNAVAILABLE);
    assertThat(revocations.find("alice", "t1", 0)).isNotNull();
  }

  @Test
  void banGivesWayAtAllNodes() {
    start();
    Instant end = Instant.now().plusSeconds(60);
    TestGateway.await(revocations.add(Revocation.ofToken("t1"), Source.OPERATOR));
    Revocation ban =
        TestGateway.await(revocations.add(Revocation.ofUser("alice").endingAt(end), Source.BAN));
    TestGateway.await(revocations.add(Revocation.ofToken("t2"), Source.OPERATOR));
    assertThat(store.entries).hasSize(2).doesNotContainKey(ban.id());
    assertThat(revocations.find("alice", null, 0)).isNull();
    Future<Revocation> refused =
        revocations.add(Revocation.ofUser("alice").endingAt(end), Source.BAN);
    assertThat(((MessageException) refused.cause()).code()).isEqualTo(ErrorCode.QUEUE_FULL);
  }
}

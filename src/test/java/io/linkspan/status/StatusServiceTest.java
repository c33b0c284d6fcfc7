package io.linkspan.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.linkspan.api.Addresses;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.directory.Nodes;
import io.linkspan.memory.MemoryConfig;
import io.linkspan.metrics.Latencies;
import io.linkspan.testing.TestGateway;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatusServiceTest {

  /** Records what it receives; takes everything unless it is busy. */
  private static final class Recorder implements StatusListener {

    private final Queue<JsonObject> received = new ConcurrentLinkedQueue<>();
    private volatile boolean busy;
    private volatile boolean ended;

    @Override
    public boolean ready() {
      return !busy;
    }

    @Override
    public void receive(String json) {
      received.add(new JsonObject(json));
    }

    @Override
    public void tick() {
      // Nothing to notice.
    }

    @Override
    public void ended() {
      ended = true;
    }

    private List<String> users() {
      return received.stream().map(event -> event.getString("user")).toList();
    }
  }

  private final Vertx vertx = Vertx.vertx();
  private final Context loop = vertx.getOrCreateContext();
  private StatusService service;

  /** Lists a second node, which does not answer. */
  private static final class TwoNodes implements Nodes {

    @Override
    public Node self() {
      return new Node("here", 1);
    }

    @Override
    public List<Node> all() {
      return List.of(self(), new Node("gone", 1));
    }

    @Override
    public void watch(Listener listener) {
      // The membership does not change.
    }
  }

  @BeforeEach
  void open() {
    var limits = new NodeFacts.Limits(0, 100, 0, 0, new MemoryConfig(0, 0, 80, 90, 95));
    var facts = new NodeFacts("here", "1.0", () -> "draining", () -> limits);
    service =
        new StatusService(vertx, new TwoNodes(), facts, new SimpleMeterRegistry(), new Latencies());
    TestGateway.await(onLoop(service::open).compose(opened -> opened));
  }

  @AfterEach
  void close() {
    TestGateway.await(vertx.close());
  }

  private <T> Future<T> onLoop(Supplier<T> action) {
    return Future.future(promise -> loop.runOnContext(v -> promise.complete(action.get())));
  }

  private Runnable watchEvents(StatusListener listener) {
    return TestGateway.await(onLoop(() -> service.watchEvents(listener)));
  }

  private void publish(String user) {
    vertx
        .eventBus()
        .publish(
            Addresses.EVENTS,
            new JsonObject()
                .put("event", "connected")
                .put("user", user)
                .put("node", "here")
                .put("at", "2026-01-01T00:00:00Z"));
  }

  @Test
  void aNodeThatDoesNotAnswerIsNamed() {
    JsonObject overview = TestGateway.await(onLoop(service::overview).compose(found -> found));
    assertThat(overview.getString("node")).isEqualTo("here");
    assertThat(overview.getJsonArray("nodes").getJsonObject(0).getString("state"))
        .isEqualTo("draining");
    assertThat(overview.getJsonArray("nodes").getJsonObject(1).encode())
        .isEqualTo("{\"node\":\"gone\",\"state\":\"no-answer\"}");
  }

  @Test
  void aWatcherOfTheOverviewReceivesItAgainAndAgain() {
    var watcher = new Recorder();
    Runnable end = TestGateway.await(onLoop(() -> service.watchOverview(watcher)));
    await().until(() -> watcher.received.size() >= 2);
    TestGateway.await(
        onLoop(
            () -> {
              end.run();
              return true;
            }));
  }

  @Test
  void aBusyWatcherIsSkipped() {
    var busy = new Recorder();
    busy.busy = true;
    var other = new Recorder();
    TestGateway.await(onLoop(() -> service.watchOverview(busy)));
    TestGateway.await(onLoop(() -> service.watchOverview(other)));
    await().until(() -> other.received.size() >= 2);
    assertThat(busy.received).isEmpty();
  }

  @Test
  void earlierEventsComeBeforeLaterOnes() {
    publish("alice");
    publish("bob");
    var watcher = new Recorder();
    watchEvents(watcher);
    await().until(() -> watcher.received.size() == 2);
    publish("carol");
    await().until(() -> watcher.received.size() == 3);
    assertThat(watcher.users()).containsExactly("alice", "bob", "carol");
    var late = new Recorder();
    watchEvents(late);
    publish("dave");
    await().until(() -> watcher.received.size() == 4 && late.received.size() == 4);
    assertThat(late.users()).containsExactly("alice", "bob", "carol", "dave");
  }

  @Test
  void aWatcherThatMissedEventsReceivesTheirNumber() {
    publish("first");
    var watcher = new Recorder();
    watchEvents(watcher);
    await().until(() -> watcher.received.size() == 1);
    watcher.busy = true;
    for (int i = 0; i < EventRing.CAPACITY + 3; i++) {
      publish("user" + i);
    }
    var other = new Recorder();
    watchEvents(other);
    await().until(() -> other.users().contains("user" + (EventRing.CAPACITY + 2)));
    watcher.busy = false;
    await().until(() -> watcher.received.size() == EventRing.CAPACITY + 2);
    JsonObject lost = new ArrayList<>(watcher.received).get(1);
    assertThat(lost.getString("event")).isEqualTo("lost");
    assertThat(lost.getInteger("lost")).isEqualTo(3);
  }

  @Test
  void watchersAreBounded() {
    for (int i = 0; i < Watchers.MAX; i++) {
      watchEvents(new Recorder());
    }
    Future<MessageException> refusal =
        onLoop(
            () -> {
              try {
                service.watchEvents(new Recorder());
                return null;
              } catch (MessageException e) {
                return e;
              }
            });
    assertThat(TestGateway.await(refusal).code()).isEqualTo(ErrorCode.RATE_LIMITED);
  }

  @Test
  void watchesEndWithTheService() {
    var events = new Recorder();
    var overview = new Recorder();
    watchEvents(events);
    TestGateway.await(onLoop(() -> service.watchOverview(overview)));
    TestGateway.await(onLoop(service::close).compose(closed -> closed));
    assertThat(events.ended).isTrue();
    assertThat(overview.ended).isTrue();
  }
}

package io.linkspan.status;

import io.linkspan.api.Addresses;
import io.linkspan.api.MessageException;
import io.linkspan.directory.Nodes;
import io.linkspan.metrics.Latencies;
import io.linkspan.time.DeadlineTimer;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.json.JsonObject;
import java.time.Instant;

/**
 * The state of this node for all nodes, and the state of all nodes for the watchers of this one.
 * The node is sampled regularly, however many watch it. Used only on the event loop on which it was
 * opened.
 */
public final class StatusService {

  private final Vertx vertx;
  private final EventBus bus;
  private final NodeRequests requests;
  private final NodeSampler sampler;
  private final EventRing ring = new EventRing();
  private OverviewFeed overviews;
  private EventFeed events;
  private DeadlineTimer timer;
  private MessageConsumer<JsonObject> questions;
  private MessageConsumer<JsonObject> sessionEvents;
  private JsonObject sample;

  /** Creates the service of this node. */
  public StatusService(
      Vertx vertx, Nodes nodes, NodeFacts facts, MeterRegistry registry, Latencies latencies) {
    this.vertx = vertx;
    bus = vertx.eventBus();
    requests = new NodeRequests(bus, nodes);
    sampler = new NodeSampler(facts, registry, latencies);
  }

  /** Starts on the calling event loop; completes when other nodes can ask this one. */
  public Future<Void> open() {
    overviews = new OverviewFeed(vertx, requests);
    events = new EventFeed(vertx, requests);
    timer = new DeadlineTimer(vertx, this::sample);
    sample();
    // Only the events of this node: they cross the network when somebody watches them.
    sessionEvents =
        bus.localConsumer(Addresses.EVENTS, event -> ring.add(event.body(), Instant.now()));
    questions = bus.consumer(NodeRequests.addressOf(requests.self()), this::answer);
    return questions.completion();
  }

  /** Ends all watches. */
  public Future<Void> close() {
    timer.cancel();
    overviews.close();
    events.close();
    return Future.join(sessionEvents.unregister(), questions.unregister()).mapEmpty();
  }

  /** Returns the state of all nodes: {@code {"node","at","nodes":[…]}}. */
  public Future<JsonObject> overview() {
    return overviews.gather();
  }

  /**
   * Begins to send the state of all nodes every two seconds.
   *
   * @return ends the watch
   * @throws MessageException {@code rate-limited} when there are too many watchers
   */
  public Runnable watchOverview(StatusListener listener) {
    overviews.add(listener);
    return () -> overviews.remove(listener);
  }

  /**
   * Begins to send the events of all nodes: those that are kept, then the later ones.
   *
   * @return ends the watch
   * @throws MessageException {@code rate-limited} when there are too many watchers
   */
  public Runnable watchEvents(StatusListener listener) {
    events.add(listener);
    return () -> events.remove(listener);
  }

  private void sample() {
    sample = sampler.sample(DeadlineTimer.now());
    timer.arm(DeadlineTimer.now() + NodeSampler.PERIOD);
  }

  private void answer(Message<JsonObject> question) {
    boolean isAboutEvents = "events".equals(question.body().getString("ask"));
    question.reply(isAboutEvents ? ring.after(question.body().getLong("after", 0L)) : sample);
  }
}

package io.linkspan.trace;

import io.linkspan.time.DeadlineTimer;
import io.linkspan.time.Scheduler;
import io.linkspan.wire.TraceWatch;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Watches of one shard. A session that somebody watches has a {@link ClientTrace}; every other one
 * has none, and a frame of it costs the reading of one field. A watch ends when its watcher ends
 * it, or with its lease. Used only on the shard's event loop.
 */
public final class Tracer {

  /** Watches of all nodes together. */
  static final int MAX_WATCHES = 128;

  private final TraceBus bus;
  private final Scheduler scheduler;
  private final String node;
  private final int payload;
  private final Supplier<? extends Collection<? extends TracedClient>> clients;
  private final DeadlineTimer timer;
  private final Map<String, Watch> watches = new LinkedHashMap<>(0);

  /**
   * Creates a tracer without watches.
   *
   * @param node id of the shard's node
   * @param payload bytes of a payload that a trace shows
   * @param clients returns the sessions that the shard owns
   */
  public Tracer(
      TraceBus bus,
      Scheduler scheduler,
      String node,
      int payload,
      Supplier<? extends Collection<? extends TracedClient>> clients) {
    this.bus = bus;
    this.scheduler = scheduler;
    this.node = node;
    this.payload = payload;
    this.clients = clients;
    timer = new DeadlineTimer(scheduler, this::onTimer);
  }

  /** Ends the timer. */
  public void stop() {
    timer.cancel();
  }

  /**
   * Begins a watch, or renews it.
   *
   * @return false when there are too many
   */
  public boolean watch(TraceWatch request) {
    Watch watch = watches.get(request.getId());
    if (watch == null) {
      if (watches.size() >= MAX_WATCHES) {
        return false;
      }
      var filter = new TraceFilter(request.getSession(), request.getUser(), request.getEventId());
      watch = new Watch(request.getId(), request.getWatcher(), filter, bus, scheduler);
      watches.put(request.getId(), watch);
      attachAll();
      present(watch);
    }
    watch.renew(scheduler.now() + request.getLeaseMs());
    armTimer();
    return true;
  }

  /** Ends a watch; an unknown one is ignored. */
  public void end(String id) {
    if (watches.remove(id) != null) {
      attachAll();
      armTimer();
    }
  }

  /** A session of a linked client begins. */
  public void begun(TracedClient client) {
    if (enter(client)) {
      client.trace().opened(false);
    }
  }

  /** A client resumes its session here. */
  public void resumed(TracedClient client) {
    if (enter(client)) {
      client.trace().opened(true);
    }
  }

  /** A session whose client is away is here from now on. */
  public void adopted(TracedClient client) {
    enter(client);
  }

  private boolean enter(TracedClient client) {
    if (!watches.isEmpty()) {
      attach(client);
    }
    return client.trace() != null;
  }

  /** Shows a new watcher the clients that it has found. */
  private void present(Watch watch) {
    for (TracedClient client : clients.get()) {
      if (client.trace() != null) {
        client.trace().present(watch);
      }
    }
  }

  private void attachAll() {
    // A copy: a trace may not end a session, but a later change might.
    List.copyOf(clients.get()).forEach(this::attach);
  }

  private void attach(TracedClient client) {
    List<Watch> matching = new ArrayList<>(1);
    for (Watch watch : watches.values()) {
      if (watch.filter().selects(client.id(), client.user())) {
        matching.add(watch);
      }
    }
    if (!matching.isEmpty()) {
      var traced =
          new ClientTrace.Client(client.id(), client.user(), client.transport(), client.secret());
      client.trace(new ClientTrace(traced, node, payload, scheduler, matching));
    } else if (client.trace() != null) {
      client.trace(null);
    }
  }

  private void armTimer() {
    timer.cancel();
    watches.values().stream().mapToLong(Watch::until).min().ifPresent(timer::arm);
  }

  private void onTimer() {
    long now = scheduler.now();
    if (watches.values().removeIf(watch -> watch.until() <= now)) {
      attachAll();
    }
    armTimer();
  }
}

package io.linkspan.bus;

import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Completable;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.impl.clustered.DefaultNodeSelector;
import io.vertx.core.eventbus.impl.clustered.NodeSelector;
import io.vertx.core.shareddata.Shareable;
import io.vertx.core.spi.cluster.ClusteredNode;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Reports which member of the cluster a request on the bus goes to, and which members are lost. The
 * bus itself reports neither: a request to a lost member ends with its timeout. Shared by all event
 * loops.
 */
public final class RequestTargets implements Shareable {

  private static final String REGISTRY = "linkspan.request-targets";
  private static final int MAX_LOST = 1_000;

  /** The observer of the request that this thread sends. */
  private static final FastThreadLocal<Consumer<String>> OBSERVER = new FastThreadLocal<>();

  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();

  /** Members that were lost and have not rejoined, the oldest first. Guarded by itself. */
  private final Set<String> lost = new LinkedHashSet<>();

  /** Returns those of a Vert.x; without a cluster they report nothing. */
  public static RequestTargets of(Vertx vertx) {
    Map<String, RequestTargets> registry = vertx.sharedData().getLocalMap(REGISTRY);
    return registry.computeIfAbsent(REGISTRY, name -> new RequestTargets());
  }

  /** Makes these the targets of a Vert.x that was created with their selector. */
  public void register(Vertx vertx) {
    vertx.sharedData().<String, RequestTargets>getLocalMap(REGISTRY).put(REGISTRY, this);
  }

  /** Returns a selector that chooses as Vert.x does. */
  public NodeSelector selector() {
    return new Selector();
  }

  /**
   * Sends one request.
   *
   * @param observer receives the id of the member that the request goes to, on any thread; it is
   *     not called when the request stays in this process or has no target
   */
  public static <T> T observe(Consumer<String> observer, Supplier<T> send) {
    OBSERVER.set(observer);
    try {
      return send.get();
    } finally {
      OBSERVER.remove();
    }
  }

  /** Adds a listener for the ids of members that are lost, called on any thread. */
  public void watch(Consumer<String> listener) {
    listeners.add(listener);
  }

  /** Returns whether a member was lost and has not rejoined. */
  public boolean isLost(String member) {
    synchronized (lost) {
      return lost.contains(member);
    }
  }

  /** Notes that a member has left or was lost. */
  public void memberLost(String member) {
    synchronized (lost) {
      lost.add(member);
      if (lost.size() > MAX_LOST) {
        lost.remove(lost.iterator().next());
      }
    }
    listeners.forEach(listener -> listener.accept(member));
  }

  /** Notes that a member has joined. One that was partitioned keeps its id. */
  public void memberJoined(String member) {
    synchronized (lost) {
      lost.remove(member);
    }
  }

  private static final class Selector extends DefaultNodeSelector {

    private ClusteredNode self;

    @Override
    public void init(ClusteredNode node) {
      self = node;
      super.init(node);
    }

    @Override
    public void selectForSend(String address, Completable<String> selected) {
      Consumer<String> observer = OBSERVER.get();
      super.selectForSend(
          address,
          observer == null
              ? selected
              : (member, failure) -> {
                if (member != null && !member.equals(self.getNodeId())) {
                  observer.accept(member);
                }
                selected.complete(member, failure);
              });
    }
  }
}

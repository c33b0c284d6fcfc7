package io.linkspan.bus;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.shareddata.Shareable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Calls a service that is deployed on the caller's event loop as a method, on the service's own
 * context. The bus would cost several times what a short service does. Shared by all event loops.
 *
 * @param <Q> type of the requests
 * @param <O> type of what accompanies each request
 * @param <A> type of the answers
 */
public final class LoopService<Q, O, A> {

  private static final String REGISTRY = "linkspan.loop-services";

  /** Answers the requests of one service. */
  @FunctionalInterface
  public interface Handler<Q, O, A> {

    /** Called on the context that announced the handler. Throws only if it has a bug. */
    Future<A> handle(Q request, O origin);
  }

  private record Instance<Q, O, A>(ContextInternal context, Handler<Q, O, A> handler) {}

  private record Instances<Q, O, A>(List<Instance<Q, O, A>> all) implements Shareable {}

  private final Map<String, Instances<Q, O, A>> registered;
  private final String key;

  private LoopService(Vertx vertx, String address) {
    registered = vertx.sharedData().getLocalMap(REGISTRY);
    key = address + '@' + Thread.currentThread().getId();
  }

  /**
   * Returns the service for the event loop that calls; an event loop is one thread for life. All
   * users of an address use it with the same types.
   */
  public static <Q, O, A> LoopService<Q, O, A> onThisLoop(Vertx vertx, String address) {
    return new LoopService<>(vertx, address);
  }

  /**
   * Calls the service if it is on this loop.
   *
   * @return what the handler returned, or an {@link IllegalStateException} if it threw; null when
   *     the service is not on this loop. Completed on any thread
   */
  public Future<A> call(Q request, O origin) {
    Instances<Q, O, A> here = registered.get(key);
    if (here == null) {
      return null;
    }
    Instance<Q, O, A> first = here.all().get(0);
    ContextInternal before = first.context().beginDispatch();
    try {
      return first.handler().handle(request, origin);
    } catch (Throwable bug) {
      first.context().reportException(bug);
      return Future.failedFuture(new IllegalStateException("the service failed", bug));
    } finally {
      first.context().endDispatch(before);
    }
  }

  /**
   * Registers a handler for callers on this loop.
   *
   * @return removes the handler
   */
  public Runnable announce(ContextInternal context, Handler<Q, O, A> handler) {
    var instance = new Instance<>(context, handler);
    registered.merge(key, new Instances<>(List.of(instance)), LoopService::both);
    return () -> registered.computeIfPresent(key, (k, all) -> without(all, instance));
  }

  private static <Q, O, A> Instances<Q, O, A> both(
      Instances<Q, O, A> some, Instances<Q, O, A> more) {
    List<Instance<Q, O, A>> all = new ArrayList<>(some.all());
    all.addAll(more.all());
    return new Instances<>(all);
  }

  private static <Q, O, A> Instances<Q, O, A> without(
      Instances<Q, O, A> some, Instance<Q, O, A> one) {
    List<Instance<Q, O, A>> rest = new ArrayList<>(some.all());
    rest.remove(one);
    return rest.isEmpty() ? null : new Instances<>(rest);
  }
}

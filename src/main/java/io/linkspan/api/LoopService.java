package io.linkspan.api;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.shareddata.Shareable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A service that is deployed on the event loop of whoever calls it. The call is one of a method, on
 * the service's own context: the bus would cost several times what a short service does. Shared by
 * all event loops.
 */
public final class LoopService {

  private static final String REGISTRY = "linkspan.loop-services";

  private record Instance(ContextInternal context, Service.Handler handler) {}

  private record Instances(List<Instance> all) implements Shareable {}

  private final Map<String, Instances> registered;
  private final String key;

  private LoopService(Vertx vertx, String address) {
    registered = vertx.sharedData().getLocalMap(REGISTRY);
    key = address + '@' + Thread.currentThread().getId();
  }

  /** For the event loop that calls; an event loop is one thread for life. */
  public static LoopService onThisLoop(Vertx vertx, String address) {
    return new LoopService(vertx, address);
  }

  /**
   * Hands a Message to the service, if it is on this loop.
   *
   * @return what the handler returned, a failure when it threw; null when the service is not here.
   *     Completed on any thread
   */
  public Future<Message> call(Message message, Origin origin) {
    Instances here = registered.get(key);
    if (here == null) {
      return null;
    }
    Instance first = here.all().get(0);
    var call = new Call(first.handler(), message, origin);
    first.context().dispatch(call, Call::run);
    return call.answer;
  }

  /** Takes what the dispatch of a context does not return. */
  private static final class Call {
    private final Service.Handler handler;
    private final Message message;
    private final Origin origin;
    private Future<Message> answer;

    Call(Service.Handler handler, Message message, Origin origin) {
      this.handler = handler;
      this.message = message;
      this.origin = origin;
    }

    void run() {
      try {
        answer = Service.answer(handler, message, origin);
      } catch (RuntimeException bug) {
        answer =
            Future.failedFuture(new MessageException(ErrorCode.INTERNAL, "the service failed"));
        // For the context to report.
        throw bug;
      }
    }
  }

  /**
   * A handler is here from now on.
   *
   * @return takes it back
   */
  Runnable announce(ContextInternal context, Service.Handler handler) {
    var instance = new Instance(context, handler);
    registered.merge(key, new Instances(List.of(instance)), LoopService::both);
    return () -> registered.computeIfPresent(key, (k, all) -> without(all, instance));
  }

  private static Instances both(Instances some, Instances more) {
    List<Instance> all = new ArrayList<>(some.all());
    all.addAll(more.all());
    return new Instances(all);
  }

  private static Instances without(Instances some, Instance one) {
    List<Instance> rest = new ArrayList<>(some.all());
    rest.remove(one);
    return rest.isEmpty() ? null : new Instances(rest);
  }
}

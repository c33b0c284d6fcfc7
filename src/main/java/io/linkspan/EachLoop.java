package io.linkspan;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Deploys one verticle on each event loop. Vert.x gives each instance of a deployment the next
 * loop, and the contexts of other threads as well: when such a thread begins in between, as one of
 * Hazelcast's does, two instances have the same loop, and another loop has none. So places are
 * deployed until each loop has one, and then all verticles are started in them at once: they may
 * wait for each other.
 */
final class EachLoop {

  private final Vertx vertx;
  private final int loops;

  /** By the threads of the event loops. */
  private final Map<Thread, Place> places = new ConcurrentHashMap<>();

  private EachLoop(Vertx vertx, int loops) {
    this.vertx = vertx;
    this.loops = loops;
  }

  /**
   * Deploys as many verticles as there are event loops, one on each.
   *
   * @param loops of the Vert.x
   * @param verticles creates them; called on one thread
   */
  static Future<Void> deploy(Vertx vertx, int loops, Supplier<? extends VerticleBase> verticles) {
    var each = new EachLoop(vertx, loops);
    return each.findPlaces().compose(v -> each.begin(verticles));
  }

  private Future<Void> findPlaces() {
    return places.size() == loops
        ? Future.succeededFuture()
        : vertx
            .deployVerticle(Place::new, new DeploymentOptions().setInstances(loops))
            .compose(deployed -> findPlaces());
  }

  private Future<Void> begin(Supplier<? extends VerticleBase> verticles) {
    List<Future<?>> begun = new ArrayList<>();
    for (Place place : places.values()) {
      begun.add(place.begin(verticles.get()));
    }
    return Future.all(begun).mapEmpty();
  }

  /** Starts and stops a verticle on its own context, if it is the first one of its event loop. */
  private final class Place extends VerticleBase {

    /** Null until one has started. */
    private VerticleBase verticle;

    @Override
    public Future<?> start() {
      places.putIfAbsent(Thread.currentThread(), this);
      return Future.succeededFuture();
    }

    Future<?> begin(VerticleBase starting) {
      Promise<Object> started = Promise.promise();
      context.runOnContext(v -> begin(starting, started));
      return started.future();
    }

    private void begin(VerticleBase starting, Promise<Object> started) {
      starting.init(vertx, context);
      Future<?> start;
      try {
        start = starting.start();
      } catch (Exception e) {
        started.fail(e);
        return;
      }
      start.onComplete(
          done -> {
            verticle = starting;
            started.complete();
          },
          started::fail);
    }

    @Override
    public Future<?> stop() throws Exception {
      return verticle == null ? Future.succeededFuture() : verticle.stop();
    }
  }
}

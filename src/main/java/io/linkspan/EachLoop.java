package io.linkspan;

import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Deploys one verticle on each event loop. Vert.x gives each instance of a deployment the next
 * loop, and the contexts of other threads as well: when such a thread begins in between, as one of
 * Hazelcast's does, two instances have the same loop, and another loop has none. So a verticle is
 * started by the first instance on a loop, and more instances are deployed while loops have none.
 */
final class EachLoop {

  private final Vertx vertx;
  private final int loops;
  private final Queue<VerticleBase> verticles = new ConcurrentLinkedQueue<>();
  private final Set<Thread> taken = ConcurrentHashMap.newKeySet();

  private EachLoop(Vertx vertx, int loops, Supplier<? extends VerticleBase> verticles) {
    this.vertx = vertx;
    this.loops = loops;
    Stream.generate(verticles).limit(loops).forEach(this.verticles::add);
  }

  /**
   * Deploys as many verticles as there are event loops, one on each.
   *
   * @param loops of the Vert.x
   * @param verticles creates them; called on the caller's thread
   */
  static Future<Void> deploy(Vertx vertx, int loops, Supplier<? extends VerticleBase> verticles) {
    return new EachLoop(vertx, loops, verticles).deployMissing();
  }

  private Future<Void> deployMissing() {
    // As many as there are loops: one at a time may meet the same loop each time.
    return taken.size() == loops
        ? Future.succeededFuture()
        : vertx
            .deployVerticle(Place::new, new DeploymentOptions().setInstances(loops))
            .compose(deployed -> deployMissing());
  }

  /** Starts and stops a verticle on its own context, unless the event loop has one. */
  private final class Place extends VerticleBase {

    private VerticleBase verticle;

    @Override
    public Future<?> start() throws Exception {
      if (!taken.add(Thread.currentThread())) {
        return Future.succeededFuture();
      }
      verticle = verticles.remove();
      verticle.init(vertx, context);
      return verticle.start();
    }

    @Override
    public Future<?> stop() throws Exception {
      return verticle == null ? Future.succeededFuture() : verticle.stop();
    }
  }
}

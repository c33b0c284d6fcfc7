package io.linkspan;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.testing.TestGateway;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class EachLoopTest {

  private static final int LOOPS = 4;

  private final Set<Thread> loops = ConcurrentHashMap.newKeySet();
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger stopped = new AtomicInteger();

  private final class Counted extends VerticleBase {
    @Override
    public Future<?> start() {
      started.incrementAndGet();
      loops.add(Thread.currentThread());
      assertThat(context.isEventLoopContext()).isTrue();
      return Future.succeededFuture();
    }

    @Override
    public Future<?> stop() {
      assertThat(loops).contains(Thread.currentThread());
      stopped.incrementAndGet();
      return Future.succeededFuture();
    }
  }

  /** Each new thread that uses a Vert.x takes an event loop, so the next instance skips it. */
  @RepeatedTest(20)
  void threadsThatBeginMeanwhileTakeNoVerticleFromALoop() throws InterruptedException {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
    var deployed = new AtomicBoolean();
    var others =
        new Thread(
            () -> {
              while (!deployed.get()) {
                new Thread(vertx::getOrCreateContext).start();
              }
            });
    try {
      others.start();
      TestGateway.await(EachLoop.deploy(vertx, LOOPS, Counted::new));
      assertThat(loops).hasSize(LOOPS);
      assertThat(started).hasValue(LOOPS);
    } finally {
      deployed.set(true);
      others.join();
      TestGateway.await(vertx.close());
    }
    assertThat(stopped).hasValue(LOOPS);
  }

  /** As the sockets of ENet do, which share a port. */
  @RepeatedTest(20)
  void verticlesMayWaitForEachOther() {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
    Promise<Void> all = Promise.promise();
    try {
      Future<Void> deployed =
          EachLoop.deploy(
              vertx,
              LOOPS,
              () ->
                  new VerticleBase() {
                    @Override
                    public Future<?> start() {
                      new Thread(vertx::getOrCreateContext).start();
                      if (started.incrementAndGet() == LOOPS) {
                        all.complete();
                      }
                      return all.future();
                    }
                  });
      TestGateway.await(deployed);
      assertThat(started).hasValue(LOOPS);
    } finally {
      TestGateway.await(vertx.close());
    }
  }

  @Test
  void aVerticleThatCannotStartFailsTheDeployment() {
    Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(LOOPS));
    try {
      Future<Void> deployed =
          EachLoop.deploy(
              vertx,
              LOOPS,
              () ->
                  new VerticleBase() {
                    @Override
                    public Future<?> start() {
                      return Future.failedFuture("no port");
                    }
                  });
      assertThat(deployed.transform(done -> Future.succeededFuture(done.cause().getMessage())))
          .extracting(TestGateway::await)
          .isEqualTo("no port");
    } finally {
      TestGateway.await(vertx.close());
    }
  }
}

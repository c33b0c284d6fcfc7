package io.linkspan;

import io.linkspan.auth.Authentication;
import io.linkspan.config.ConfigException;
import io.linkspan.config.Live;
import io.linkspan.ops.ReloadResult;
import io.linkspan.upstream.Upstreams;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration again and puts its changes into force, all or none of them. One reload
 * runs at a time; one more waits for it, and all others share that one. Shared by all threads,
 * hence synchronized.
 *
 * <pre>
 *   read and check ──► check certificates ──► deploy upstreams ──► prepare identities ──► put into force
 *         │                    │                    │                    │                     │
 *         └────────────────────┴──── nothing changes┴────────────────────┘        retire old upstreams
 * </pre>
 */
final class Reloader {

  private static final Logger LOG = LoggerFactory.getLogger(Reloader.class);

  private final Vertx vertx;
  private final Live<GatewayConfig> config;
  private final Upstreams upstreams;
  private final Authentication authentication;
  private final Supplier<EdgeVerticle> certificates;
  private final Consumer<GatewayConfig> inForce;
  private Future<ReloadResult> running = Future.succeededFuture();

  /** Null while no reload waits. */
  private Promise<ReloadResult> waiting;

  /**
   * @param config in force; replaced by each reload
   * @param certificates watches those of all listeners
   * @param inForce puts everything into force that does not read the configuration by itself
   */
  Reloader(
      Vertx vertx,
      Live<GatewayConfig> config,
      Upstreams upstreams,
      Authentication authentication,
      Supplier<EdgeVerticle> certificates,
      Consumer<GatewayConfig> inForce) {
    this.vertx = vertx;
    this.config = config;
    this.upstreams = upstreams;
    this.authentication = authentication;
    this.certificates = certificates;
    this.inForce = inForce;
  }

  /**
   * Reloads the configuration.
   *
   * @return fails with a {@link ConfigException} when nothing was changed
   */
  synchronized Future<ReloadResult> reload() {
    if (waiting != null) {
      return waiting.future();
    }
    if (running.isComplete()) {
      running = load();
      return running;
    }
    waiting = Promise.promise();
    running.onComplete(ended -> loadNext());
    return waiting.future();
  }

  private synchronized void loadNext() {
    Promise<ReloadResult> next = waiting;
    waiting = null;
    running = load();
    running.onComplete(next);
  }

  private Future<ReloadResult> load() {
    Callable<ConfigChange> read = () -> ConfigChange.of(config.get());
    return vertx
        .executeBlocking(read)
        .compose(change -> certificates.get().verifyCertificates().map(change))
        .compose(this::prepare)
        .recover(failure -> Future.failedFuture(asProblem(failure)))
        .onSuccess(Reloader::log)
        .onFailure(
            failure -> LOG.error("the configuration was not changed: {}", failure.getMessage()));
  }

  private static ConfigException asProblem(Throwable failure) {
    if (failure instanceof ConfigException e) {
      return e;
    }
    LOG.debug("a reload failed", failure);
    return new ConfigException(List.of(String.valueOf(failure.getMessage())));
  }

  private Future<ReloadResult> prepare(ConfigChange change) {
    GatewayConfig next = change.config();
    return upstreams
        .deploy(next.upstreams())
        .compose(v -> authentication.prepare(next.auth()))
        .map(
            identities -> {
              config.set(next);
              authentication.use(identities);
              inForce.accept(next);
              certificates.get().reloadCertificates();
              upstreams.retain(next.upstreams());
              return new ReloadResult(change.changed(), change.restart());
            })
        .onFailure(failure -> upstreams.retain(config.get().upstreams()));
  }

  private static void log(ReloadResult result) {
    LOG.info("the configuration was reloaded, changed keys: {}", shown(result.changed()));
    if (!result.restart().isEmpty()) {
      LOG.warn("changes of these keys need a restart: {}", shown(result.restart()));
    }
  }

  private static String shown(List<String> keys) {
    return keys.isEmpty() ? "none" : String.join(", ", keys);
  }
}

package io.linkspan.auth;

import io.linkspan.admission.ConnectRefusedException;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the keys that verify a token, and reads them anew when one is unknown. Shared by all event
 * loops, hence synchronized; a known key is found without waiting.
 */
final class TokenKeys {

  private static final Logger LOG = LoggerFactory.getLogger(TokenKeys.class);

  /** When a client may retry while the issuer cannot be reached. */
  private static final long RETRY_MS = 2_000;

  private final Vertx vertx;
  private final JwtConfig config;
  private final KeySource source;
  private final KeyRing ring;
  private List<Promise<Void>> waiting = new ArrayList<>();

  private TokenKeys(Vertx vertx, JwtConfig config, KeySource source) {
    this.vertx = vertx;
    this.config = config;
    this.source = source;
    ring = new KeyRing(config.refresh(), config.interval(), config.retired(), DeadlineTimer.now());
  }

  /** Returns the keys that the configuration names; those of a server are not read yet. */
  static TokenKeys of(Vertx vertx, JwtConfig config) {
    var keys = new TokenKeys(vertx, config, config.rotates() ? KeySource.of(vertx, config) : null);
    if (!config.rotates()) {
      var key = VerificationKey.ofConfigured(config.algorithm(), config.key());
      keys.ring.read(KeySet.of(key), DeadlineTimer.now());
    }
    return keys;
  }

  /** Reads the keys of a server or file for the first time; never fails. */
  Future<Void> start() {
    Promise<Void> read = null;
    synchronized (this) {
      if (source != null && ring.beginReading(false, DeadlineTimer.now())) {
        read = Promise.promise();
        waiting.add(read);
      }
    }
    if (read == null) {
      return Future.succeededFuture();
    }
    readAgain();
    return read.future();
  }

  /** Returns whether keys have been read. */
  synchronized boolean isComplete() {
    return ring.isComplete();
  }

  /**
   * Returns the keys that may have signed a token.
   *
   * @param id value of its {@code kid}; null when it names none
   * @return completes on the calling event loop; fails with a {@link ConnectRefusedException}
   */
  Future<List<VerificationKey>> find(String id) {
    List<VerificationKey> keys;
    Promise<Void> read = null;
    boolean reads;
    synchronized (this) {
      long now = DeadlineTimer.now();
      keys = ring.find(id, now);
      reads = source != null && ring.beginReading(keys.isEmpty(), now);
      if (keys.isEmpty() && ring.isReading()) {
        read = ((ContextInternal) vertx.getOrCreateContext()).promise();
        waiting.add(read);
      }
    }
    if (reads) {
      readAgain();
    }
    if (!keys.isEmpty()) {
      return Future.succeededFuture(keys);
    }
    return read == null ? unknown() : read.future().compose(v -> known(id));
  }

  private Future<List<VerificationKey>> known(String id) {
    List<VerificationKey> keys;
    synchronized (this) {
      keys = ring.find(id, DeadlineTimer.now());
    }
    return keys.isEmpty() ? unknown() : Future.succeededFuture(keys);
  }

  private synchronized <T> Future<T> unknown() {
    return Future.failedFuture(
        ring.isComplete()
            ? ConnectRefusedException.unauthenticated("the token's key is unknown")
            : ConnectRefusedException.unavailable("tokens cannot be verified now", RETRY_MS));
  }

  private void readAgain() {
    source
        .read()
        .map(text -> KeySet.read(config.algorithm(), text))
        .onComplete(this::read, this::failed);
  }

  private void read(KeySet keys) {
    List<Promise<Void>> done;
    synchronized (this) {
      ring.read(keys, DeadlineTimer.now());
      done = takeWaiting();
    }
    LOG.info("the keys of tokens were read");
    done.forEach(Promise::complete);
  }

  private void failed(Throwable failure) {
    List<Promise<Void>> done;
    synchronized (this) {
      ring.failed();
      done = takeWaiting();
    }
    LOG.warn("the keys of tokens cannot be read: {}", failure.getMessage());
    done.forEach(Promise::complete);
  }

  private List<Promise<Void>> takeWaiting() {
    List<Promise<Void>> all = waiting;
    waiting = new ArrayList<>();
    return all;
  }
}

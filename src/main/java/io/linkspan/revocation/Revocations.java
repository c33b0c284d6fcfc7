package io.linkspan.revocation;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.api.Revocation;
import io.linkspan.api.Revocation.Source;
import io.linkspan.api.RevocationPage;
import io.linkspan.time.RepeatedFailure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The revocations of all nodes, as one node knows them. An entry takes effect here at once, and at
 * the other nodes when the store passes it on. Shared by all event loops.
 */
public final class Revocations implements RevokedClients, RevocationStore.Listener {

  private static final Logger LOG = LoggerFactory.getLogger(Revocations.class);
  private static final RepeatedFailure NOT_SHARED =
      new RepeatedFailure(LOG, Level.WARN, "a change of the revocations reached this node only");
  private static final RepeatedFailure NOT_REPEATED =
      new RepeatedFailure(LOG, Level.WARN, "a revocation was not passed on to others");
  private static final long PRUNE_MS = 1_000;
  private static final long RETRY_MS = 250;

  private final Vertx vertx;
  private final Supplier<RevocationConfig> config;
  private final RevocationStore store;
  private final LongSupplier clock;
  private final RevocationList list;
  private final List<Consumer<Revocation>> listeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<Revocation>> removalListeners = new CopyOnWriteArrayList<>();

  /** How many reads are pending without which this node may lack entries of the others. */
  private final AtomicInteger incomplete = new AtomicInteger(1);

  public Revocations(
      Vertx vertx,
      Supplier<RevocationConfig> config,
      RevocationStore store,
      RevocationMetrics metrics) {
    this(vertx, config, store, metrics, System::currentTimeMillis);
  }

  Revocations(
      Vertx vertx,
      Supplier<RevocationConfig> config,
      RevocationStore store,
      RevocationMetrics metrics,
      LongSupplier clock) {
    this.vertx = vertx;
    this.config = config;
    this.store = store;
    this.clock = clock;
    list = new RevocationList(() -> config.get().max());
    metrics.register(list);
  }

  /** Reads the entries of the other nodes; to be completed before clients are admitted. */
  public Future<Void> start() {
    vertx.setPeriodic(PRUNE_MS, id -> list.prune(clock.getAsLong()));
    return store
        .watch(this)
        .compose(v -> read())
        .onSuccess(v -> incomplete.decrementAndGet())
        .mapEmpty();
  }

  @Override
  public void listen(Consumer<Revocation> listener) {
    listeners.add(listener);
  }

  /**
   * Adds a listener for entries that any node removes from now on, before they end. It is called on
   * any thread.
   */
  public void listenToRemovals(Consumer<Revocation> listener) {
    removalListeners.add(listener);
  }

  // ---------------------------------------------------------------------------- look-ups

  @Override
  public boolean isComplete() {
    return incomplete.get() == 0;
  }

  @Override
  public Revocation find(String user, String tokenId, long issuedAt) {
    return list.find(user, tokenId, issuedAt, clock.getAsLong());
  }

  @Override
  public Revocation findNetwork(String address) {
    return list.findNetwork(address, clock.getAsLong());
  }

  /** Returns one page of the entries in the order of their ids. */
  public RevocationPage page(String cursor, int limit) {
    return list.page(cursor, limit);
  }

  // ----------------------------------------------------------------------------- changes

  /**
   * Adds an entry, or extends the one of the same kind and value. It is in force at this node when
   * this returns.
   *
   * @return the entry as it is now, once the loss of one node does not lose it; fails with a {@link
   *     MessageException}: {@code malformed}, or {@code queue-full} when there are too many entries
   */
  public Future<Revocation> add(Revocation request, Source source) {
    Revocation entry;
    Revocation displaced;
    try {
      Instant now = Instant.ofEpochMilli(clock.getAsLong());
      entry = RevocationRules.complete(request, source, now, config.get().keep());
      list.prune(now.toEpochMilli());
      displaced = list.makeRoom(entry);
    } catch (MessageException refusal) {
      return Future.failedFuture(refusal);
    }
    if (displaced != null) {
      remove(displaced.id());
    }
    added(entry);
    Revocation stored = list.get(entry.id());
    return store
        .put(entry)
        .map(stored == null ? entry : stored)
        .recover(failure -> Future.failedFuture(notShared(failure)));
  }

  /**
   * Removes an entry at all nodes.
   *
   * @return whether there was one here
   */
  public Future<Boolean> remove(String id) {
    boolean known = forget(id);
    return store.remove(id).map(known).recover(failure -> Future.failedFuture(notShared(failure)));
  }

  private static MessageException notShared(Throwable failure) {
    NOT_SHARED.add(failure);
    return new MessageException(
        ErrorCode.UNAVAILABLE, "this node has made the change, the others cannot be reached");
  }

  // ---------------------------------------------------------------- changes of other nodes

  @Override
  public void added(Revocation entry) {
    Revocation now = list.put(entry);
    if (now != null) {
      listeners.forEach(listener -> listener.accept(now));
    }
  }

  @Override
  public void removed(String id) {
    forget(id);
  }

  private boolean forget(String id) {
    Revocation entry = list.remove(id);
    if (entry == null) {
      return false;
    }
    if (RevocationRules.isInForce(entry, clock.getAsLong())) {
      removalListeners.forEach(listener -> listener.accept(entry));
    }
    return true;
  }

  @Override
  public void interrupted(boolean lost) {
    if (lost) {
      incomplete.incrementAndGet();
    }
    readAgain(lost);
  }

  private void readAgain(boolean lost) {
    read()
        .onComplete(
            stored -> {
              if (lost) {
                incomplete.decrementAndGet();
                putMissing(stored);
              }
            },
            failure -> {
              LOG.debug("the revocations of the other nodes cannot be read", failure);
              vertx.setTimer(RETRY_MS, id -> readAgain(lost));
            });
  }

  private Future<Collection<Revocation>> read() {
    return store.all().onSuccess(stored -> stored.forEach(this::added));
  }

  /** Adds what this node knows to a store that does not have it. */
  private void putMissing(Collection<Revocation> stored) {
    Set<Revocation> present = new HashSet<>(stored);
    for (Revocation entry : list.entries()) {
      if (!present.contains(entry)) {
        store.put(entry).onFailure(NOT_REPEATED::add);
      }
    }
  }
}

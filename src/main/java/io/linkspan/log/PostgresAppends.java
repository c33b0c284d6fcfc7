package io.linkspan.log;

import io.linkspan.api.MessageException;
import io.linkspan.memory.MessageCost;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.VertxInternal;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;

/**
 * Appends to logs in PostgreSQL. Those that arrive while a transaction is in flight form the next
 * one, so that one commit serves many appends. Shared by all event loops, hence synchronized.
 */
final class PostgresAppends {

  /** Appends in one transaction, at most. */
  private static final int MAX_BATCH = 256;

  /** Appends that wait for a transaction, at most. */
  private static final int MAX_WAITING = 10_000;

  /** Bytes of Messages that wait for a transaction, at most. */
  private static final long MAX_WAITING_BYTES = 64 << 20;

  private static final String APPEND =
      "SELECT * FROM linkspan_append($1, $2, $3, $4, $5, $6, $7, $8)";

  private record Append(String log, Tuple arguments, long bytes, Promise<Appended> outcome) {}

  /** Transactions lock logs in this order, and so never wait for each other in a circle. */
  private static final Comparator<Append> BY_NAME = Comparator.comparing(Append::log);

  private final VertxInternal vertx;
  private final Pool pool;
  private final PostgresHealth health;
  private final long timeoutMs;
  private final Queue<Append> waiting = new ArrayDeque<>();
  private long waitingBytes;
  private boolean inFlight;

  PostgresAppends(Vertx vertx, Pool pool, PostgresHealth health, Duration timeout) {
    this.vertx = (VertxInternal) vertx;
    this.pool = pool;
    this.health = health;
    timeoutMs = timeout.toMillis();
  }

  Future<Appended> append(String log, List<NewEntry> entries, LogBounds bounds, long now) {
    Buffer[] messages = new Buffer[entries.size()];
    Long[] expires = new Long[entries.size()];
    long bytes = 0;
    for (int i = 0; i < messages.length; i++) {
      NewEntry entry = entries.get(i);
      messages[i] = Buffer.buffer(entry.message().toByteArray());
      expires[i] = bounds.expiry(entry, now);
      bytes += entry.message().size();
    }
    Tuple arguments =
        Tuple.tuple()
            .addString(log)
            .addLong(Epochs.draw())
            .addLong(now)
            .addArrayOfBuffer(messages)
            .addArrayOfLong(expires)
            .addLong((long) bounds.messages())
            .addLong(bounds.bytes())
            .addBoolean(bounds.whenFull() == LogBounds.WhenFull.DROP_OLDEST);
    Promise<Appended> outcome = vertx.getOrCreateContext().promise();
    if (!add(new Append(log, arguments, bytes, outcome))) {
      return Future.failedFuture(MessageCost.full());
    }
    next();
    return outcome.future();
  }

  private synchronized boolean add(Append append) {
    if (waiting.size() >= MAX_WAITING || waitingBytes >= MAX_WAITING_BYTES) {
      return false;
    }
    waiting.add(append);
    waitingBytes += append.bytes();
    return true;
  }

  private void next() {
    List<Append> batch = take();
    if (batch.isEmpty()) {
      return;
    }
    pool.preparedQuery(APPEND)
        .executeBatch(batch.stream().map(Append::arguments).toList())
        .timeout(timeoutMs, TimeUnit.MILLISECONDS)
        .onComplete(
            rows -> {
              health.answered();
              complete(batch, rows);
              finished();
            },
            failure -> {
              MessageException reason = health.failed(failure);
              batch.forEach(append -> append.outcome().fail(reason));
              finished();
            });
  }

  private synchronized List<Append> take() {
    List<Append> batch = new ArrayList<>();
    if (!inFlight) {
      while (batch.size() < MAX_BATCH && !waiting.isEmpty()) {
        Append append = waiting.remove();
        waitingBytes -= append.bytes();
        batch.add(append);
      }
      batch.sort(BY_NAME);
      inFlight = !batch.isEmpty();
    }
    return batch;
  }

  private void finished() {
    synchronized (this) {
      inFlight = false;
    }
    next();
  }

  private static void complete(List<Append> batch, RowSet<Row> rows) {
    RowSet<Row> one = rows;
    for (Append append : batch) {
      Row row = one.iterator().next();
      append
          .outcome()
          .complete(
              new Appended(
                  row.getLong("epoch"),
                  row.getLong("first"),
                  row.getLong("accepted").intValue(),
                  row.getLong("dropped").intValue(),
                  row.getLong("expired").intValue()));
      one = one.next();
    }
  }
}

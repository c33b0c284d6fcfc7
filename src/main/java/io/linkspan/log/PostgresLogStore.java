package io.linkspan.log;

import com.google.protobuf.ByteString;
import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import io.linkspan.memory.MessageCost;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Stores logs in PostgreSQL, which keeps them when all nodes end. The functions of {@code
 * log/postgres.sql} do the work, one call each. Shared by all event loops.
 */
public final class PostgresLogStore implements LogStore {

  private static final String SCHEMA = "/log/postgres.sql";

  /** Requests that wait for a connection, at most. */
  private static final int MAX_WAITING = 10_000;

  /** Logs whose entries one call lets expire. */
  private static final int EXPIRED_LOGS = 1_000;

  private static final String READ =
      """
      SELECT l.epoch, l.first, l.next, e.number, e.at, e.expires, e.message
      FROM linkspan_log l
      LEFT JOIN LATERAL (
        SELECT c.*, sum(length(c.message)) OVER (ORDER BY c.number) AS size,
               row_number() OVER (ORDER BY c.number) AS place
        FROM (
          SELECT * FROM linkspan_log_entry
          WHERE log = l.name AND number >= $2 AND expires > $3
          ORDER BY number LIMIT $4) c
      ) e ON e.size <= $5 OR e.place = 1
      WHERE l.name = $1
      ORDER BY e.number
      """;

  private static final String REMOVE = "SELECT linkspan_remove($1, $2, $3, $4)";
  private static final String EXPIRE = "SELECT * FROM linkspan_expire($1, $2)";
  private static final String TOTAL =
      "SELECT COALESCE(sum(bytes + 100 * messages + 200), 0)::bigint FROM linkspan_log";
  private static final String DELETE = "DELETE FROM linkspan_log WHERE name = $1";

  private final Vertx vertx;
  private final PostgresConfig config;
  private final Pool pool;
  private final PostgresHealth health = new PostgresHealth();
  private final PostgresAppends appends;

  /** Bytes of all logs with their overhead, at the last measurement. */
  private volatile long total;

  /** Creates a store; it connects when it is started. */
  public PostgresLogStore(Vertx vertx, PostgresConfig config) {
    this.vertx = vertx;
    this.config = config;
    pool =
        PgBuilder.pool()
            .with(
                new PoolOptions()
                    .setMaxSize(config.connections())
                    .setMaxWaitQueueSize(MAX_WAITING)
                    .setConnectionTimeout((int) config.timeout().toMillis())
                    .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS))
            .with(new NetClientOptions().setConnectTimeout((int) config.timeout().toMillis()))
            .connectingTo(config.options())
            .using(vertx)
            .build();
    appends = new PostgresAppends(vertx, pool, health, config.timeout());
  }

  @Override
  public Future<Void> start() {
    return vertx
        .executeBlocking(PostgresLogStore::schema)
        .compose(sql -> pool.query(sql).execute())
        .timeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .mapEmpty();
  }

  private static String schema() throws IOException {
    try (InputStream sql = PostgresLogStore.class.getResourceAsStream(SCHEMA)) {
      return new String(sql.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Override
  public Future<Appended> append(String log, List<NewEntry> entries, LogBounds bounds, long now) {
    if (log.indexOf('\0') >= 0) {
      // PostgreSQL has no such texts, and would refuse all that is in the same transaction.
      return Future.failedFuture(
          new MessageException(ErrorCode.MALFORMED, "the name of a recipient has a NUL character"));
    }
    if (total >= config.total()) {
      return Future.failedFuture(MessageCost.full());
    }
    return appends.append(log, entries, bounds, now);
  }

  @Override
  public Future<LogRead> read(
      String log, LogPosition from, int maxEntries, long maxBytes, long now) {
    return query(READ, Tuple.of(log, from.offset(), now, maxEntries, maxBytes))
        .map(rows -> pageOf(rows, from));
  }

  private static LogRead pageOf(RowSet<Row> rows, LogPosition from) {
    if (rows.size() == 0) {
      return LogRead.none(from);
    }
    List<LogEntry> entries = new ArrayList<>(rows.size());
    long epoch = 0;
    long first = 0;
    long next = 0;
    for (Row row : rows) {
      epoch = row.getLong("epoch");
      first = row.getLong("first");
      next = row.getLong("next");
      if (row.getLong("number") != null) {
        entries.add(
            new LogEntry(
                row.getLong("number"),
                row.getLong("at"),
                row.getLong("expires"),
                ByteString.copyFrom(row.getBuffer("message").getBytes())));
      }
    }
    return LogRead.exists(from, epoch, first, next)
        ? LogRead.page(from, epoch, first, next, entries)
        : new LogRead.Gone(epoch, first);
  }

  @Override
  public Future<Integer> remove(String log, long epoch, Collection<Long> offsets) {
    return remove(log, epoch, offsets.toArray(Long[]::new), 0);
  }

  @Override
  public Future<Integer> trim(String log, LogPosition to) {
    return remove(log, to.epoch(), new Long[0], to.offset());
  }

  private Future<Integer> remove(String log, long epoch, Long[] offsets, long before) {
    return query(REMOVE, Tuple.of(log, epoch, offsets, before))
        .map(rows -> rows.iterator().next().getLong(0).intValue());
  }

  @Override
  public Future<Void> delete(String log) {
    return query(DELETE, Tuple.of(log)).mapEmpty();
  }

  /** Removes what has expired, and measures what is left. */
  @Override
  public Future<Map<String, Integer>> expire(long now) {
    return query(EXPIRE, Tuple.of(now, EXPIRED_LOGS))
        .map(PostgresLogStore::expired)
        .compose(this::measured);
  }

  private Future<Map<String, Integer>> measured(Map<String, Integer> expired) {
    return query(TOTAL, Tuple.tuple())
        .map(
            rows -> {
              total = rows.iterator().next().getLong(0);
              return expired;
            });
  }

  private static Map<String, Integer> expired(RowSet<Row> logs) {
    Map<String, Integer> expired = new HashMap<>();
    for (Row row : logs) {
      if (row.getLong("expired") > 0) {
        expired.put(row.getString("log"), row.getLong("expired").intValue());
      }
    }
    return expired;
  }

  @Override
  public Future<Void> close() {
    return pool.close();
  }

  private Future<RowSet<Row>> query(String sql, Tuple arguments) {
    return pool.preparedQuery(sql)
        .execute(arguments)
        .timeout(config.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .onSuccess(rows -> health.answered())
        .recover(failure -> Future.failedFuture(health.failed(failure)));
  }
}

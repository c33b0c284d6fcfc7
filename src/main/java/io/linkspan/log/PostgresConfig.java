package io.linkspan.log;

import io.linkspan.config.ConfigNode;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.pgclient.PgConnectOptions;
import java.time.Duration;

/**
 * Settings of the connections to PostgreSQL.
 *
 * @param uri such as {@code postgresql://linkspan@db:5432/linkspan?sslmode=verify-full}
 * @param password of the user; empty for the one of the URI, if any
 * @param trust PEM file with the certificates to trust; empty for those of Java
 * @param total bytes of all logs, above which this node appends to none
 * @param connections of this node, at most
 * @param timeout for a connection and for each request
 */
public record PostgresConfig(
    String uri, String password, String trust, long total, int connections, Duration timeout) {

  private static final int MAX_CONNECTIONS = 100;
  private static final long MAX_TOTAL = 1L << 50;

  /** Requests that are sent on a connection before the first one is answered. */
  private static final int PIPELINED = 64;

  /** Prepared statements of a connection: more than there are. */
  private static final int STATEMENTS = 32;

  /**
   * Reads the section {@code store.postgres}.
   *
   * @param used whether the section must be complete
   */
  static PostgresConfig read(ConfigNode postgres, boolean used) {
    String uri = postgres.secret("uri");
    if (used && !isUri(uri)) {
      postgres.rejectSecret("uri", "postgresql://USER@HOST:PORT/DATABASE");
    }
    return new PostgresConfig(
        uri,
        postgres.secret("password"),
        postgres.file("trust"),
        postgres.longSize("total", 1 << 20, MAX_TOTAL),
        postgres.count("connections", 1, MAX_CONNECTIONS),
        postgres.duration("timeout", Duration.ofMillis(100), Duration.ofMinutes(1)));
  }

  private static boolean isUri(String uri) {
    try {
      return PgConnectOptions.fromUri(uri).getHost() != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  PgConnectOptions options() {
    PgConnectOptions options = PgConnectOptions.fromUri(uri);
    if (!password.isEmpty()) {
      options.setPassword(password);
    }
    if (!trust.isEmpty()) {
      options.setSslOptions(
          new ClientSSLOptions()
              .setTrustOptions(new PemTrustOptions().addCertPath(trust))
              .setHostnameVerificationAlgorithm("HTTPS"));
    }
    return options
        .setPipeliningLimit(PIPELINED)
        .setCachePreparedStatements(true)
        .setPreparedStatementCacheMaxSize(STATEMENTS);
  }
}

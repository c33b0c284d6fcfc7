package io.linkspan.log;

import io.linkspan.api.ErrorCode;
import io.linkspan.api.MessageException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs when PostgreSQL begins to fail, and when it answers again. Shared by all event loops. */
final class PostgresHealth {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresHealth.class);

  private final AtomicBoolean failing = new AtomicBoolean();

  void answered() {
    if (failing.get() && failing.compareAndSet(true, false)) {
      LOG.info("PostgreSQL answers again");
    }
  }

  /** Returns the failure for clients, which gives no details. */
  MessageException failed(Throwable failure) {
    if (failing.compareAndSet(false, true)) {
      LOG.warn("PostgreSQL fails, messages are not stored: {}", failure.toString());
    }
    return new MessageException(ErrorCode.UNAVAILABLE, "the store of messages does not answer");
  }
}

package io.linkspan.logging;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * Sets the levels of loggers, and gives a logger its former level back when the configuration does
 * not mention it any more. Shared by all threads, hence synchronized.
 */
public final class LogLevels {

  /** The levels that changed loggers had before; null for one that had its parent's. */
  private final Map<String, Level> former = new HashMap<>();

  /** Puts levels into force. Without Logback, nothing happens. */
  public synchronized void apply(LogConfig config) {
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext loggers)) {
      return;
    }
    former
        .entrySet()
        .removeIf(
            entry -> {
              if (config.levels().containsKey(entry.getKey())) {
                return false;
              }
              loggers.getLogger(entry.getKey()).setLevel(entry.getValue());
              return true;
            });
    config
        .levels()
        .forEach(
            (name, level) -> {
              Logger logger = loggers.getLogger(name);
              if (!former.containsKey(name)) {
                former.put(name, logger.getLevel());
              }
              logger.setLevel(Level.valueOf(level));
            });
  }
}

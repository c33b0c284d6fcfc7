package io.linkspan.logging;

import io.linkspan.config.ConfigNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Settings of the log.
 *
 * @param levels of loggers, by their names; other loggers have the levels of {@code logback.xml}
 */
public record LogConfig(Map<String, String> levels) {

  /** The logger of which all others are children. */
  public static final String ROOT = "ROOT";

  /** The logger of this project. */
  private static final String OWN = "io.linkspan";

  private static final List<String> LEVELS =
      List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF");

  private static final int LONGEST_NAME = 256;

  public LogConfig {
    levels = Map.copyOf(levels);
  }

  /** Reads the section {@code log}. */
  public static LogConfig read(ConfigNode log) {
    Map<String, String> levels = new LinkedHashMap<>();
    String own = log.text("level").toUpperCase(Locale.ROOT);
    if (LEVELS.contains(own)) {
      levels.put(OWN, own);
    } else if (!own.isEmpty()) {
      log.reject("level", "one of " + String.join(", ", LEVELS) + ", or nothing");
    }
    for (String line : log.texts("levels")) {
      int equals = line.indexOf('=');
      String name = equals < 0 ? "" : line.substring(0, equals).strip();
      String level = line.substring(equals + 1).strip().toUpperCase(Locale.ROOT);
      if (name.isEmpty() || name.length() > LONGEST_NAME || !LEVELS.contains(level)) {
        log.reject("levels", "NAME=LEVEL, with a level of " + String.join(", ", LEVELS));
      } else {
        levels.put(name.equalsIgnoreCase(ROOT) ? ROOT : name, level);
      }
    }
    return new LogConfig(levels);
  }
}

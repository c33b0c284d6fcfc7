package io.linkspan.telemetry;

import io.linkspan.config.ConfigNode;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Settings of distributed traces.
 *
 * @param endpoint URL of the collector; empty: nothing is traced
 * @param headers of each request to the collector
 * @param service name of the gateway in traces
 * @param sample share of the Messages without a trace that begin one, 0 to 1
 * @param clients traces per second of clients that the node continues
 * @param users whether spans name users
 * @param queue ended spans that wait for the exporter; further ones are dropped
 * @param timeout of one request to the collector
 */
public record TracingConfig(
    String endpoint,
    Map<String, String> headers,
    String service,
    double sample,
    int clients,
    boolean users,
    int queue,
    Duration timeout) {

  private static final Pattern HEADER = Pattern.compile("([\\w!#$%&'*+.^`|~-]+):\\s*([ -~]*)");
  private static final Pattern SERVICE = Pattern.compile("[\\w.-]{1,64}");
  private static final int MAX_CLIENTS = 1_000_000;
  private static final int MIN_QUEUE = 512;
  private static final int MAX_QUEUE = 1 << 20;
  private static final Duration LONGEST_TIMEOUT = Duration.ofMinutes(1);

  public TracingConfig {
    headers = Map.copyOf(headers);
  }

  /** Reads the section {@code tracing}. */
  public static TracingConfig read(ConfigNode tracing) {
    return new TracingConfig(
        readEndpoint(tracing),
        readHeaders(tracing),
        readService(tracing),
        tracing.share("sample"),
        tracing.count("clients", 0, MAX_CLIENTS),
        tracing.flag("users"),
        tracing.count("queue", MIN_QUEUE, MAX_QUEUE),
        tracing.duration("timeout", Duration.ofMillis(1), LONGEST_TIMEOUT));
  }

  private static String readEndpoint(ConfigNode tracing) {
    String endpoint = tracing.secret("endpoint");
    if (!endpoint.isEmpty() && !isUrl(endpoint)) {
      tracing.rejectSecret(
          "endpoint", "a URL such as http://collector:4318/v1/traces, without user and fragment");
      return "";
    }
    return endpoint;
  }

  private static boolean isUrl(String text) {
    try {
      URI url = URI.create(text);
      return ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
          && url.getHost() != null
          && url.getRawUserInfo() == null
          && url.getRawFragment() == null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String readService(ConfigNode tracing) {
    String service = tracing.text("service");
    if (!SERVICE.matcher(service).matches()) {
      tracing.reject("service", "a name of letters, digits, dots and hyphens");
    }
    return service;
  }

  private static Map<String, String> readHeaders(ConfigNode tracing) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line : tracing.secrets("headers")) {
      Matcher header = HEADER.matcher(line);
      if (header.matches()) {
        headers.put(header.group(1), header.group(2));
      } else {
        tracing.rejectSecret("headers", "\"Name: value\"");
      }
    }
    return headers;
  }

  /** Returns whether Messages may be traced. */
  public boolean isOn() {
    return !endpoint.isEmpty();
  }
}

package io.linkspan;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.linkspan.config.ConfigNode;
import io.linkspan.upstream.BackendConfig;
import io.linkspan.upstream.PipelineConfig;
import io.linkspan.upstream.UpstreamConfig;
import io.linkspan.upstream.http.HttpUpstreamConfig;
import io.linkspan.upstream.tcp.TcpUpstreamConfig;
import java.io.File;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what a route says about the service behind it, laid over the section {@code upstream}. */
final class UpstreamReader {

  private static final Duration MS = Duration.ofMillis(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final int MAX = Integer.MAX_VALUE;
  private static final int MAX_CONCURRENCY = 10_000;
  private static final int MAX_RETRIES = 100;
  private static final int MAX_LINKS = 1_000;

  /** RFC 9110, section 5: a token, and visible ASCII with blanks between. */
  private static final Pattern HEADER =
      Pattern.compile("([!#$%&'*+.^_`|~\\w-]+):[ \\t]*([!-~]([ -~\\t]*[!-~])?)[ \\t]*");

  /** Made by the gateway itself, or by HTTP. */
  private static final List<String> OWN_HEADERS =
      List.of(
          "idempotency-key",
          "content-type",
          "content-length",
          "content-encoding",
          "transfer-encoding",
          "accept-encoding",
          "connection",
          "host");

  /** What is not said in common of every kind of service. */
  private static final List<String> OTHER_SECTIONS = List.of("hold", "http", "tcp");

  private static final String OWN_PREFIX = "x-linkspan-";

  private final ConfigNode defaults;

  /**
   * @param defaults what a route leaves out
   */
  UpstreamReader(ConfigNode defaults) {
    this.defaults = defaults;
    // A mistake in the defaults is one without a route, too.
    pipeline(defaults, defaults.section("hold"));
    ConfigNode http = defaults.section("http");
    http(http, http.text("url").isEmpty() ? URI.create("") : url(http));
    ConfigNode tcp = defaults.section("tcp");
    tcp(tcp, tcp.text("host"));
  }

  /**
   * Reads what a route says about the service that it leads to.
   *
   * @param kind of service: the key of what is said about it
   */
  UpstreamConfig read(ConfigNode route, String kind, String name, String address) {
    ObjectNode common = ((ObjectNode) defaults.node()).deepCopy();
    common.remove(OTHER_SECTIONS);
    ConfigNode service = route.section(kind).over(common, defaults.section(kind).node());
    ConfigNode hold = route.section("hold").over(defaults.section("hold").node());
    PipelineConfig pipeline = pipeline(service, hold);
    if (pipeline.holds() && route.section(kind).has("ordered") && !service.flag("ordered")) {
      service.reject("ordered", "true, as " + hold.keyOf("for") + " keeps the order");
    }
    BackendConfig backend =
        kind.equals("http") ? http(service, url(service)) : tcp(service, service.name("host"));
    return new UpstreamConfig(name, address, pipeline, backend);
  }

  private static PipelineConfig pipeline(ConfigNode service, ConfigNode hold) {
    Duration held = hold.duration("for", Duration.ZERO, DAY);
    return new PipelineConfig(
        service.count("concurrency", 1, MAX_CONCURRENCY),
        service.count("queue", 1, MAX),
        service.size("queueBytes", 1, MAX),
        service.flag("ordered") || !held.isZero(),
        service.duration("timeout", MS, DAY),
        service.duration("within", MS, DAY),
        retry(service),
        breaker(service.section("breaker")),
        new PipelineConfig.Hold(held, hold.count("max", 1, MAX)));
  }

  private static PipelineConfig.Retry retry(ConfigNode service) {
    return new PipelineConfig.Retry(
        service.count("retries", 0, MAX_RETRIES),
        Boolean.TRUE.equals(service.choice("retry", Map.of("any", false, "unsent", true))),
        ordered(service, "backoff", "maxBackoff"),
        service.duration("maxBackoff", MS, DAY));
  }

  private static PipelineConfig.Breaker breaker(ConfigNode breaker) {
    int of = breaker.count("of", 1, PipelineConfig.Breaker.MAX_OF);
    return new PipelineConfig.Breaker(
        breaker.count("failures", 1, of),
        of,
        ordered(breaker, "pause", "maxPause"),
        breaker.duration("maxPause", MS, DAY));
  }

  /** A duration that another one bounds. */
  private static Duration ordered(ConfigNode section, String key, String bound) {
    Duration duration = section.duration(key, MS, DAY);
    if (duration.compareTo(section.duration(bound, MS, DAY)) > 0) {
      section.reject(key, "no more than " + section.keyOf(bound));
    }
    return duration;
  }

  private static TcpUpstreamConfig tcp(ConfigNode tcp, String host) {
    return new TcpUpstreamConfig(
        host,
        tcp.count("port", 1, 65_535),
        FramingReader.read(tcp.section("framing")),
        tcp.count("links", 1, MAX_LINKS),
        tcp.flag("inOrder"),
        ordered(tcp, "pause", "maxPause"),
        tcp.duration("maxPause", MS, DAY),
        tcp.flag("tls"),
        trust(tcp));
  }

  private static String trust(ConfigNode service) {
    String trust = service.text("trust");
    if (!trust.isEmpty() && !new File(trust).canRead()) {
      service.reject("trust", "a file that can be read");
    }
    return trust;
  }

  private static HttpUpstreamConfig http(ConfigNode http, URI url) {
    return new HttpUpstreamConfig(
        url,
        headers(http),
        http.text("secret"),
        http.size("maxAnswer", 1, MAX),
        http.duration("keepAlive", Duration.ofSeconds(1), DAY),
        http.section("compression").size("above", 0, MAX),
        trust(http));
  }

  private static URI url(ConfigNode http) {
    URI url = URI.create("");
    try {
      url = new URI(http.text("url"));
    } catch (URISyntaxException e) {
      // Told below, as a URL of another kind is.
    }
    boolean isHttp =
        "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
    if (!isHttp
        || url.getHost() == null
        || url.getRawUserInfo() != null
        || url.getRawFragment() != null) {
      http.reject("url", "a URL such as http://legacy:8080/orders, without user and fragment");
    }
    return url;
  }

  private static Map<String, String> headers(ConfigNode http) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String line : http.texts("headers")) {
      Matcher header = HEADER.matcher(line);
      if (!header.matches() || isOurs(header.group(1))) {
        http.reject("headers", "\"Name: value\", of a header that is not the gateway's own");
      } else {
        headers.put(header.group(1), header.group(2));
      }
    }
    return headers;
  }

  private static boolean isOurs(String header) {
    String name = header.toLowerCase(Locale.ROOT);
    return name.startsWith(OWN_PREFIX) || OWN_HEADERS.contains(name);
  }
}

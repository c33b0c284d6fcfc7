package io.linkspan.upstream.http;

import io.linkspan.config.ConfigNode;
import io.linkspan.upstream.StreamConfig;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Settings for a service that receives each Message as an HTTP POST.
 *
 * @param url to post to, {@code http} or {@code https}
 * @param headers of each request, in addition to the gateway's own
 * @param secret of the signature; empty: requests are not signed
 * @param maxAnswer bytes of an answer, inflated
 * @param keepAlive how long an idle connection is kept
 * @param compressAbove bytes of a body above which it is compressed; compressed answers are asked
 *     for unless it is 0
 * @param trust PEM file with the certificates of an {@code https} service or of their issuers;
 *     empty: those that the Java runtime trusts
 * @param streams which answers are streamed, and their bounds
 */
public record HttpUpstreamConfig(
    URI url,
    Map<String, String> headers,
    String secret,
    int maxAnswer,
    Duration keepAlive,
    int compressAbove,
    String trust,
    StreamConfig streams) {

  /** RFC 9110, section 5: a token, and visible ASCII with blanks between. */
  private static final Pattern HEADER =
      Pattern.compile("([!#$%&'*+.^_`|~\\w-]+):[ \\t]*([!-~]([ -~\\t]*[!-~])?)[ \\t]*");

  /** Headers that the gateway or HTTP itself makes. */
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

  private static final String OWN_PREFIX = "x-linkspan-";

  public HttpUpstreamConfig {
    headers = Map.copyOf(headers);
  }

  boolean compresses() {
    return compressAbove > 0;
  }

  /** Omits the secret, which must not appear in a log. */
  @Override
  public String toString() {
    return "HttpUpstreamConfig[url=" + url + "]";
  }

  /**
   * Reads the settings of an HTTP service.
   *
   * @param complete whether the section must have a URL; else it is one with defaults
   */
  public static HttpUpstreamConfig read(ConfigNode http, boolean complete) {
    return new HttpUpstreamConfig(
        readUrl(http, complete),
        readHeaders(http),
        http.secret("secret"),
        http.size("maxAnswer", 1),
        http.duration("keepAlive", Duration.ofSeconds(1)),
        http.section("compression").size("above", 0),
        http.file("trust"),
        StreamConfig.read(http.section("stream")));
  }

  private static URI readUrl(ConfigNode http, boolean complete) {
    URI url = URI.create("");
    String text = http.secret("url");
    if (text.isEmpty() && !complete) {
      return url;
    }
    try {
      url = new URI(text);
    } catch (URISyntaxException e) {
      // Rejected below, as a URL of another kind is.
    }
    boolean isHttp =
        "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
    if (!isHttp
        || url.getHost() == null
        || url.getRawUserInfo() != null
        || url.getRawFragment() != null) {
      http.rejectSecret(
          "url", "a URL such as http://legacy:8080/orders, without user and fragment");
    }
    return url;
  }

  private static Map<String, String> readHeaders(ConfigNode http) {
    // Several values of one field are a list (RFC 9110, section 5.3).
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line : http.secrets("headers")) {
      Matcher header = HEADER.matcher(line);
      if (!header.matches() || isOurs(header.group(1))) {
        http.rejectSecret("headers", "\"Name: value\", of a header that is not the gateway's own");
      } else {
        headers.merge(header.group(1), header.group(2), (one, next) -> one + ", " + next);
      }
    }
    return headers;
  }

  private static boolean isOurs(String header) {
    String name = header.toLowerCase(Locale.ROOT);
    return name.startsWith(OWN_PREFIX) || OWN_HEADERS.contains(name);
  }
}

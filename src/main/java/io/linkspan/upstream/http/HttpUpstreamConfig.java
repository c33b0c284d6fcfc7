package io.linkspan.upstream.http;

import io.linkspan.upstream.Backend;
import io.linkspan.upstream.BackendConfig;
import io.linkspan.upstream.PipelineConfig;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * A service that takes each Message as an HTTP POST.
 *
 * @param url where to, {@code http} or {@code https}
 * @param headers of each request, beside those that the gateway makes itself
 * @param secret of the signature; empty: requests are not signed
 * @param maxAnswer bytes of an answer, inflated
 * @param keepAlive how long an idle connection is kept
 * @param compressAbove bytes of a body above which it is sent compressed, and compressed answers
 *     are asked for; 0: neither
 * @param trust PEM file with the certificates that an {@code https} service may have, or that
 *     signed it; empty: those the Java runtime trusts
 */
public record HttpUpstreamConfig(
    URI url,
    Map<String, String> headers,
    String secret,
    int maxAnswer,
    Duration keepAlive,
    int compressAbove,
    String trust)
    implements BackendConfig {

  public HttpUpstreamConfig {
    headers = Map.copyOf(headers);
  }

  @Override
  public Backend newBackend(Vertx vertx, PipelineConfig pipeline) {
    return new HttpBackend(vertx, this, pipeline);
  }

  boolean compresses() {
    return compressAbove > 0;
  }

  /** Without the secret, which must not get into a log. */
  @Override
  public String toString() {
    return "HttpUpstreamConfig[url=" + url + "]";
  }
}

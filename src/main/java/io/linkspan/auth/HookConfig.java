package io.linkspan.auth;

import io.linkspan.config.ConfigNode;
import io.linkspan.upstream.PipelineConfig;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * A service that decides whether a client connects.
 *
 * @param address on the event bus; empty when there is none
 * @param headers names of the headers of a client's request that it receives
 * @param timeout of one decision
 * @param concurrency decisions of this node at the same time
 * @param rate largest number of decisions of this node per second; 0 disables the limit
 * @param cache time for which a decision about a token is stored; zero stores none
 * @param breaker while it is open, nothing is asked
 */
public record HookConfig(
    String address,
    List<String> headers,
    Duration timeout,
    int concurrency,
    int rate,
    Duration cache,
    PipelineConfig.Breaker breaker) {

  private static final int MOST_CONCURRENCY = 100_000;
  private static final String HEADER_NAME = "[!#$%&'*+.^_`|~\\w-]+";

  public HookConfig {
    headers = List.copyOf(headers);
  }

  /**
   * Reads the section {@code auth.hook}.
   *
   * @param used whether there must be a service
   * @param http makes a bus address of the service in its section {@code http}
   */
  static HookConfig read(ConfigNode hook, boolean used, Function<ConfigNode, String> http) {
    String bus = hook.text("bus");
    boolean posts = !hook.section("http").secret("url").isEmpty();
    if (used && bus.isEmpty() != posts) {
      hook.reject("bus", "an event-bus address, unless " + hook.keyOf("http.url") + " is set");
    }
    List<String> headers = hook.texts("headers");
    if (!headers.stream().allMatch(name -> name.matches(HEADER_NAME))) {
      hook.reject("headers", "names of headers");
    }
    return new HookConfig(
        used && posts ? http.apply(hook) : bus,
        headers,
        hook.duration("timeout"),
        hook.count("concurrency", 1, MOST_CONCURRENCY),
        hook.rate("rate"),
        hook.durationOrZero("cache"),
        PipelineConfig.readBreaker(hook.section("breaker")));
  }
}

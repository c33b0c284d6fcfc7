package io.linkspan.upstream.tcp;

import io.linkspan.api.Message;
import io.linkspan.api.Origin;
import io.linkspan.framing.Framing;
import io.linkspan.framing.Framings;
import io.linkspan.time.DeadlineTimer;
import io.linkspan.upstream.Backend;
import io.linkspan.upstream.PipelineConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * Sends Messages to a TCP service over long-lived links. Each Message goes to the link with the
 * fewest unanswered ones. While no link is up, Messages wait for the next attempt to open one.
 */
final class TcpBackend implements Backend, TcpLink.Listener, TcpAttempt.Holder {

  private final NetClient client;
  private final DeadlineTimer timer;
  private final List<TcpLink> links;
  private final Set<TcpAttempt> waiting = new LinkedHashSet<>();

  TcpBackend(Vertx vertx, TcpUpstreamConfig config, PipelineConfig pipeline) {
    client = vertx.createNetClient(options(config, pipeline));
    timer = new DeadlineTimer(vertx, this::advance);
    Framing framing = Framings.of(config.framing());
    links =
        Stream.generate(
                () ->
                    new TcpLink(
                        () -> client.connect(config.port(), config.host()),
                        this,
                        config,
                        framing,
                        ThreadLocalRandom.current()))
            .limit(config.links())
            .toList();
    advance();
  }

  private static NetClientOptions options(TcpUpstreamConfig config, PipelineConfig pipeline) {
    NetClientOptions options =
        new NetClientOptions()
            .setConnectTimeout((int) pipeline.timeout().toMillis())
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true);
    if (config.tls()) {
      options.setSsl(true).setHostnameVerificationAlgorithm("HTTPS");
      if (!config.trust().isEmpty()) {
        options.setTrustOptions(new PemTrustOptions().addCertPath(config.trust()));
      }
    }
    return options;
  }

  @Override
  public Attempt send(Message message, Origin origin) {
    var attempt = new TcpAttempt(message, this);
    TcpLink link = leastBusy();
    if (link != null) {
      link.send(attempt);
    } else {
      waiting.add(attempt);
      links.forEach(TcpLink::hurry);
      advance();
    }
    return attempt;
  }

  @Override
  public Future<Void> close() {
    links.forEach(TcpLink::close);
    failWaiting(null);
    timer.cancel();
    return client.close();
  }

  @Override
  public void onUp() {
    for (TcpLink link; !waiting.isEmpty() && (link = leastBusy()) != null; ) {
      TcpAttempt next = waiting.iterator().next();
      waiting.remove(next);
      link.send(next);
    }
  }

  @Override
  public void onDown() {
    arm();
  }

  @Override
  public void onConnectFailed(Throwable cause) {
    arm();
    failWaiting(cause);
  }

  @Override
  public void forget(TcpAttempt attempt) {
    waiting.remove(attempt);
  }

  private void failWaiting(Throwable cause) {
    for (TcpAttempt attempt : List.copyOf(waiting)) {
      waiting.remove(attempt);
      attempt.lost("the service cannot be reached", cause);
    }
  }

  private void advance() {
    long now = DeadlineTimer.now();
    links.forEach(link -> link.advance(now));
    arm();
  }

  private void arm() {
    timer.arm(links.stream().mapToLong(TcpLink::nextDeadline).min().orElseThrow());
  }

  private TcpLink leastBusy() {
    TcpLink least = null;
    for (TcpLink link : links) {
      if (link.isUp() && (least == null || link.pending() < least.pending())) {
        least = link;
      }
    }
    return least;
  }
}

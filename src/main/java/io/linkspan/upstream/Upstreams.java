package io.linkspan.upstream;

import io.linkspan.directory.Nodes;
import io.linkspan.metrics.Latencies;
import io.linkspan.telemetry.Tracing;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The upstreams of a node, and how they are replaced: the new ones are deployed, then the owner
 * routes to them, then the old ones finish what they have and are undeployed. Shared by all
 * threads, hence synchronized.
 */
public final class Upstreams {

  private static final Logger LOG = LoggerFactory.getLogger(Upstreams.class);

  /** After a change, Messages that were routed before arrive within this time; milliseconds. */
  private static final long LINGER = 2_000;

  private record Deployed(UpstreamConfig config, UpstreamVerticle verticle, String id) {
    String name() {
      return config.name();
    }
  }

  private final Vertx vertx;
  private final MeterRegistry registry;
  private final Latencies latencies;
  private final Tracing tracing;
  private final Nodes nodes;
  private final List<Deployed> inUse = new ArrayList<>();
  private final List<Deployed> retiring = new ArrayList<>();
  private final Map<String, SharedMetrics> metrics = new HashMap<>();

  /**
   * @param registry of the metrics of upstreams
   * @param latencies of their attempts
   * @param tracing begins the spans of their attempts
   * @param nodes of the cluster
   */
  public Upstreams(
      Vertx vertx, MeterRegistry registry, Latencies latencies, Tracing tracing, Nodes nodes) {
    this.vertx = vertx;
    this.registry = registry;
    this.latencies = latencies;
    this.tracing = tracing;
    this.nodes = nodes;
    nodes.watch(new LostNodes());
  }

  /**
   * Deploys those upstreams that are not deployed yet.
   *
   * @return completes when all can be reached at their addresses; fails when one cannot be
   *     deployed, and then none of the new ones is
   */
  public Future<Void> deploy(List<UpstreamConfig> upstreams) {
    List<Future<Deployed>> added =
        upstreams.stream().filter(upstream -> !isInUse(upstream)).map(this::deploy).toList();
    return Future.join(added)
        .<Void>mapEmpty()
        .recover(failure -> undeploy(added).transform(undone -> Future.failedFuture(failure)));
  }

  private Future<?> undeploy(List<Future<Deployed>> added) {
    return Future.join(
        added.stream().filter(Future::succeeded).map(one -> undeploy(one.result())).toList());
  }

  private Future<Deployed> deploy(UpstreamConfig upstream) {
    var verticle = new UpstreamVerticle(upstream, acquireMetrics(upstream.name()), tracing, nodes);
    return vertx
        .deployVerticle(verticle)
        .map(id -> new Deployed(upstream, verticle, id))
        .onSuccess(this::add)
        .onFailure(failure -> releaseMetrics(upstream.name()));
  }

  /**
   * Undeploys all upstreams but these, each as soon as its Messages have an outcome. Nothing may be
   * routed to the others any more.
   */
  public void retain(List<UpstreamConfig> upstreams) {
    for (Deployed one : takeAllBut(upstreams)) {
      vertx
          .timer(LINGER, TimeUnit.MILLISECONDS)
          .compose(v -> one.verticle().retire())
          .compose(v -> undeploy(one))
          .onSuccess(v -> LOG.info("upstream {}: its former links are closed", one.name()));
    }
  }

  /**
   * Ends holding because the gateway shuts down.
   *
   * @param patience time in which answers that are streamed may end by themselves
   * @return completes when no answer is streamed
   */
  public Future<Void> drain(Duration patience) {
    return Future.join(all().stream().map(one -> one.verticle().drain(patience)).toList())
        .mapEmpty();
  }

  private Future<Void> undeploy(Deployed one) {
    remove(one);
    return vertx
        .undeploy(one.id())
        .<Void>mapEmpty()
        .onComplete(undeployed -> releaseMetrics(one.name()));
  }

  private synchronized boolean isInUse(UpstreamConfig upstream) {
    return inUse.stream().anyMatch(one -> one.config().address().equals(upstream.address()));
  }

  private synchronized void add(Deployed one) {
    inUse.add(one);
  }

  private synchronized List<Deployed> takeAllBut(List<UpstreamConfig> upstreams) {
    List<Deployed> others = new ArrayList<>(inUse);
    others.removeIf(one -> upstreams.contains(one.config()));
    inUse.removeAll(others);
    retiring.addAll(others);
    return others;
  }

  private synchronized void remove(Deployed one) {
    inUse.remove(one);
    retiring.remove(one);
  }

  private synchronized List<Deployed> all() {
    return Stream.concat(inUse.stream(), retiring.stream()).toList();
  }

  /** An upstream that is replaced has the same name as the new one, and the same metrics. */
  private synchronized UpstreamMetrics acquireMetrics(String name) {
    SharedMetrics shared =
        metrics.computeIfAbsent(
            name, key -> new SharedMetrics(new UpstreamMetrics(registry, latencies, name)));
    shared.users++;
    return shared.metrics;
  }

  private synchronized void releaseMetrics(String name) {
    SharedMetrics shared = metrics.get(name);
    if (--shared.users == 0) {
      metrics.remove(name);
      shared.metrics.remove();
    }
  }

  /** Passes on which nodes are lost. */
  private final class LostNodes implements Nodes.Listener {

    @Override
    public void joined(Nodes.Node node) {
      // It can be asked to read an answer from now on.
    }

    @Override
    public void left(Nodes.Node node) {
      all().forEach(one -> one.verticle().nodeLost(node.id()));
    }

    @Override
    public void merged() {
      // Each node that was unreachable has left before.
    }
  }

  /** The metrics of all verticles of one name. */
  private static final class SharedMetrics {

    private final UpstreamMetrics metrics;
    private int users;

    SharedMetrics(UpstreamMetrics metrics) {
      this.metrics = metrics;
    }
  }
}

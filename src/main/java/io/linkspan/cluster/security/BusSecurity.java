package io.linkspan.cluster.security;

import io.linkspan.listener.KeyPairCheck;
import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.TrustOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Mutual TLS between the event buses of a cluster, and a bound for their frames. The certificates
 * are in files, which are read again when they change, or the secret of the cluster vouches for
 * them. Used on the event loop of the bus once it listens.
 */
public final class BusSecurity {

  private static final Logger LOG = LoggerFactory.getLogger(BusSecurity.class);
  private static final List<String> VERSIONS = List.of("TLSv1.3");

  /** The contents of the three files. */
  private record Contents(Buffer cert, Buffer key, Buffer ca) {

    PemKeyCertOptions certificate() {
      return new PemKeyCertOptions().addCertValue(cert).addKeyValue(key);
    }

    PemTrustOptions trust() {
      return new PemTrustOptions().addCertValue(ca);
    }
  }

  private final ClusterSecurity config;
  private final ClusterSecrets secrets;
  private final PendingPeers pending = new PendingPeers();
  private final RejectedPeers rejected = new RejectedPeers("cluster.busPort");
  private Vertx vertx;
  private BusSockets sockets;
  private DeadlineTimer timer;
  private Contents seen;

  /** Written by the thread that closes the bus. */
  private volatile boolean closed;

  /**
   * Creates the security of one bus.
   *
   * @param secrets of the cluster; null disables TLS
   */
  public BusSecurity(ClusterSecurity config, ClusterSecrets secrets) {
    this.config = config;
    this.secrets = secrets;
  }

  /** Sets up a bus that accepts nobody until {@link #open}. */
  public void applyTo(EventBusOptions options) {
    if (config.enabled()) {
      PemKeyCertOptions unknown = VouchedCertificate.create(secrets);
      options
          .setSsl(true)
          .setClientAuth(ClientAuth.REQUIRED)
          .setKeyCertOptions(unknown)
          .setTrustOptions(new PemTrustOptions().addCertValue(unknown.getCertValue()))
          .setSslHandshakeTimeout(PendingPeers.TIMEOUT_MS)
          .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
      VERSIONS.forEach(options::addEnabledSecureTransportProtocol);
    }
  }

  /** Lets members in; must be called when the bus listens and before others learn its port. */
  public Future<?> open(Vertx owner) {
    vertx = owner;
    sockets = new BusSockets(vertx.eventBus());
    sockets.limitFrames(pending, rejected);
    if (!config.enabled()) {
      return Future.succeededFuture();
    }
    if (!config.hasFiles()) {
      return update(
          VouchedCertificate.create(secrets),
          TrustOptions.wrap(new VouchedCertificate.Trust(secrets)));
    }
    timer = new DeadlineTimer(vertx, this::check);
    return vertx
        .executeBlocking(this::read)
        .compose(this::use)
        .onSuccess(
            until -> {
              LOG.info("the event bus has a certificate, valid until {}", until);
              arm();
            });
  }

  /** Ends the checks of the files. */
  public void close() {
    closed = true;
  }

  private void arm() {
    if (!closed) {
      timer.arm(DeadlineTimer.now() + config.reload().toMillis());
    }
  }

  private void check() {
    if (closed) {
      return;
    }
    vertx
        .executeBlocking(this::read)
        // A file is missing while it is replaced; the next check finds it.
        .recover(failure -> Future.succeededFuture(seen))
        .compose(contents -> contents.equals(seen) ? Future.succeededFuture() : reload(contents))
        .onComplete(v -> arm());
  }

  private Future<?> reload(Contents contents) {
    return use(contents)
        .onSuccess(until -> LOG.info("the event bus has a new certificate, valid until {}", until))
        .onFailure(
            failure ->
                LOG.warn(
                    "the event bus keeps its certificate, since {}, {} and {} have changed and"
                        + " cannot be used: {}",
                    config.cert(),
                    config.key(),
                    config.ca(),
                    failure.getMessage()));
  }

  private Future<Instant> use(Contents contents) {
    seen = contents;
    PemKeyCertOptions certificate = contents.certificate();
    PemTrustOptions trust = contents.trust();
    return vertx
        .executeBlocking(
            () -> {
              trust.getTrustManagerFactory(vertx);
              return KeyPairCheck.validUntil(vertx, certificate);
            })
        .compose(until -> update(certificate, trust).map(v -> until));
  }

  private Contents read() throws IOException {
    return new Contents(contents(config.cert()), contents(config.key()), contents(config.ca()));
  }

  private static Buffer contents(String file) throws IOException {
    return Buffer.buffer(Files.readAllBytes(Path.of(file)));
  }

  private Future<?> update(KeyCertOptions certificate, TrustOptions trust) {
    var versions = new LinkedHashSet<>(VERSIONS);
    var forServer =
        new ServerSSLOptions()
            .setClientAuth(ClientAuth.REQUIRED)
            .setKeyCertOptions(certificate)
            .setTrustOptions(trust)
            .setEnabledSecureTransportProtocols(versions);
    var forClient = new ClientSSLOptions();
    forClient
        // The names of nodes are addresses that change; the cluster's authority vouches for them.
        .setHostnameVerificationAlgorithm("")
        .setKeyCertOptions(certificate)
        .setTrustOptions(trust)
        .setEnabledSecureTransportProtocols(versions);
    return sockets.update(forServer, forClient);
  }
}

package io.linkspan.listener;

import io.linkspan.time.DeadlineTimer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reloads the certificate of a listener when its files change. The contents are compared, since an
 * orchestrator replaces a link and not the file. Connections that are open keep the old
 * certificate, and so does the listener while the new files cannot be used. Used only on one event
 * loop.
 */
public final class CertificateWatch {

  private static final Logger LOG = LoggerFactory.getLogger(CertificateWatch.class);

  /** The contents of both files. */
  private record Contents(Buffer cert, Buffer key) {}

  private final Vertx vertx;
  private final String listener;
  private final TlsConfig config;
  private final ServerSSLOptions options;
  private final Function<ServerSSLOptions, Future<Boolean>> update;
  private final DeadlineTimer timer;
  private Contents seen;
  private boolean stopped;

  /**
   * Creates a watch that does not check yet.
   *
   * @param listener its name in the log
   * @param options of the server
   * @param update gives the server other options
   */
  public CertificateWatch(
      Vertx vertx,
      String listener,
      TlsConfig config,
      ServerSSLOptions options,
      Function<ServerSSLOptions, Future<Boolean>> update) {
    this.vertx = vertx;
    this.listener = listener;
    this.config = config;
    this.options = options;
    this.update = update;
    timer = new DeadlineTimer(vertx, this::check);
  }

  /** Starts to check the files, unless the listener has none. */
  public Future<Void> start() {
    if (!config.enabled()) {
      return Future.succeededFuture();
    }
    return vertx
        .executeBlocking(this::read)
        .onSuccess(contents -> seen = contents)
        .compose(contents -> validUntil(certificate(contents)))
        .onSuccess(until -> LOG.info("{} has a certificate, valid until {}", listener, until))
        .onFailure(
            failure ->
                LOG.warn(
                    "{} has a certificate that cannot be used, {} with {}: {}",
                    listener,
                    config.cert(),
                    config.key(),
                    failure.getMessage()))
        .onComplete(v -> arm())
        .<Void>mapEmpty()
        // Refused handshakes are better than a node that does not start.
        .otherwiseEmpty();
  }

  /**
   * Reads the files, unless the listener has none.
   *
   * @return fails when they have changed and cannot be used; the message names the key
   */
  public Future<Void> verify() {
    if (!config.enabled()) {
      return Future.succeededFuture();
    }
    return vertx
        .executeBlocking(this::read)
        .compose(
            contents ->
                Objects.equals(contents, seen)
                    ? Future.succeededFuture()
                    : validUntil(certificate(contents)))
        .<Void>mapEmpty()
        .recover(
            failure ->
                Future.failedFuture(
                    new IllegalStateException(
                        listener
                            + ".tls.cert: "
                            + config.cert()
                            + " with "
                            + config.key()
                            + " cannot be used: "
                            + failure.getMessage())));
  }

  /** Checks the files now and not at the next time, unless the listener has none. */
  public void checkNow() {
    if (config.enabled() && !stopped) {
      check();
    }
  }

  /** Ends the checks. */
  public void stop() {
    stopped = true;
    timer.cancel();
  }

  private void arm() {
    if (!stopped) {
      timer.arm(DeadlineTimer.now() + config.reload().toMillis());
    }
  }

  private void check() {
    vertx
        .executeBlocking(this::read)
        // A file is missing while it is replaced; the next check finds it.
        .recover(failure -> Future.succeededFuture(seen))
        .compose(
            contents ->
                Objects.equals(contents, seen) ? Future.succeededFuture() : reload(contents))
        .onComplete(v -> arm());
  }

  private Contents read() throws IOException {
    return new Contents(contents(config.cert()), contents(config.key()));
  }

  private static Buffer contents(String file) throws IOException {
    return Buffer.buffer(Files.readAllBytes(Path.of(file)));
  }

  private static PemKeyCertOptions certificate(Contents contents) {
    return new PemKeyCertOptions().addCertValue(contents.cert()).addKeyValue(contents.key());
  }

  private Future<Instant> validUntil(PemKeyCertOptions certificate) {
    return vertx.executeBlocking(() -> KeyPairCheck.validUntil(vertx, certificate));
  }

  private Future<?> reload(Contents contents) {
    seen = contents;
    PemKeyCertOptions certificate = certificate(contents);
    return validUntil(certificate)
        .compose(
            validUntil ->
                update
                    .apply(options.copy().setKeyCertOptions(certificate))
                    .onSuccess(
                        v ->
                            LOG.info(
                                "{} has a new certificate, valid until {}", listener, validUntil)))
        .onFailure(
            failure ->
                LOG.warn(
                    "{} keeps its certificate, since {} and {} have changed and cannot be used: {}",
                    listener,
                    config.cert(),
                    config.key(),
                    failure.getMessage()));
  }
}
